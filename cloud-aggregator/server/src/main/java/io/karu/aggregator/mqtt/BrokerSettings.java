package io.karu.aggregator.mqtt;

import java.net.InetAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * Where the embedded broker listens.
 *
 * @param port plain MQTT on loopback only; 0 takes a free one
 * @param tls a listener for gateways elsewhere; absent: loopback only
 */
public record BrokerSettings(int port, Optional<TlsListener> tls) {
    public static final BrokerSettings LOOPBACK = new BrokerSettings(1883, Optional.empty());

    /** A listener with TLS; its certificate names the host under which gateways know it. */
    public record TlsListener(InetAddress bindAddress, int port, String hostName) {
        public TlsListener {
            Objects.requireNonNull(bindAddress, "bindAddress");
            Objects.requireNonNull(hostName, "hostName");
        }
    }
}
