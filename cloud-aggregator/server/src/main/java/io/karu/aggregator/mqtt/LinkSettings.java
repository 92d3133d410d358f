package io.karu.aggregator.mqtt;

import java.util.Objects;
import java.util.Optional;

/**
 * How the aggregator joins the broker.
 *
 * @param clientId MQTT client id and {@code requester.client.id}: one topic level
 * @param sharedGroup several aggregators on one database share data messages under this name
 */
public record LinkSettings(MqttServer server, String clientId, Optional<String> sharedGroup) {
    public LinkSettings {
        Objects.requireNonNull(server, "server");
        Objects.requireNonNull(clientId, "clientId");
    }
}
