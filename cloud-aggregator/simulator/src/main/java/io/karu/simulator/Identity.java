package io.karu.simulator;

import java.net.URI;

/**
 * Who a gateway is.
 *
 * @param broker {@code mqtt://host:port}
 */
public record Identity(String account, String clientId, URI broker, String user, String password) {
    String address() {
        return account + "/" + clientId;
    }

    @Override
    public String toString() {
        return address();
    }
}
