package io.karu.aggregator.mqtt;

import java.net.URI;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * The broker as the aggregator's own client reaches it.
 *
 * @param address {@code mqtt://host:port} or {@code mqtts://host:port}
 * @param authority PEM file of the authority that signed the broker's certificate; absent: the Java
 *     trust store
 */
public record MqttServer(URI address, String userName, String password, Optional<Path> authority) {
    public MqttServer {
        Objects.requireNonNull(userName, "userName");
        Objects.requireNonNull(password, "password");
        if (address.getHost() == null
                || !("mqtt".equals(address.getScheme()) || "mqtts".equals(address.getScheme()))) {
            throw new IllegalArgumentException(
                    "broker address \""
                            + address
                            + "\": expected mqtt://host:port or mqtts://host:port");
        }
    }

    boolean encrypted() {
        return "mqtts".equals(address.getScheme());
    }

    int port() {
        return address.getPort() > 0 ? address.getPort() : encrypted() ? 8883 : 1883;
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
