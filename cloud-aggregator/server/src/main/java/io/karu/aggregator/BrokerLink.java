package io.karu.aggregator;

import io.karu.aggregator.fleet.GatewayAccess;
import io.karu.aggregator.fleet.PresenceTracker;
import io.karu.aggregator.mqtt.EmbeddedBroker;
import io.karu.aggregator.mqtt.LinkSettings;
import io.karu.aggregator.mqtt.MqttLink;
import io.karu.aggregator.mqtt.MqttServer;
import io.karu.kura.Topic;
import io.karu.kura.Topics;
import io.micrometer.core.instrument.Gauge;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The broker, embedded or another, and the aggregator's own connection to it: first the broker is
 * {@link #open opened}, and when whatever takes in messages is there, {@link #connect connected}.
 */
final class BrokerLink {
    private final CoreParts core;
    private MqttServer broker;
    private volatile MqttLink link;

    BrokerLink(CoreParts core) {
        this.core = core;
    }

    /** Starts the embedded broker unless there is another. */
    void open(IdentityParts trust, GatewayAccess access, PresenceTracker presence)
            throws IOException {
        Optional<MqttServer> external = core.settings.externalBroker();
        if (external.isPresent()) {
            broker = external.get();
            return;
        }
        EmbeddedBroker embedded =
                core.owned.own(
                        EmbeddedBroker.start(
                                core.data.resolve("broker"),
                                core.settings.embeddedBroker(),
                                trust.authority,
                                core.settings.controlPrefix(),
                                access));
        embedded.metrics().bindTo(core.metrics.registry());
        trust.identities.onCut(
                (gateway, reason) -> {
                    embedded.disconnect(gateway.clientId());
                    presence.cutOff(gateway, reason);
                });
        broker = embedded.server();
    }

    /** Subscribes to what gateways say. */
    void connect(Inbox inbox) throws IOException {
        Settings settings = core.settings;
        link =
                core.owned.own(
                        MqttLink.connect(
                                new LinkSettings(
                                        broker, settings.requesterId(), settings.sharedGroup()),
                                new Topics(settings.controlPrefix()),
                                inbox::receive));
        Gauge.builder("karu.broker.connected", this, self -> self.connected() ? 1 : 0)
                .register(core.metrics.registry());
    }

    MqttServer broker() {
        return broker;
    }

    /** The broker's address for gateways. */
    String url() {
        return core.settings.advertisedBroker().orElseGet(() -> broker.address().toString());
    }

    boolean connected() {
        return link != null && link.connected();
    }

    CompletableFuture<Void> publish(Topic topic, byte[] payload) {
        MqttLink connection = link;
        if (connection == null || !connection.connected()) {
            return CompletableFuture.failedFuture(
                    new IOException("the aggregator is not connected to its broker " + broker));
        }
        return connection.publish(topic, payload);
    }
}
