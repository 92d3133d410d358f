package io.karu.aggregator.fleet;

/**
 * What a gateway's MQTT transport is given. The password is shown here once and kept only as a
 * salted hash.
 *
 * @param userName {@code username} of Kura's MqttDataTransport
 * @param brokerUrl {@code broker-url} as advertised to gateways
 */
public record GatewayCredentials(GatewayId id, String userName, String password, String brokerUrl) {
    @Override
    public String toString() {
        return "GatewayCredentials[" + id + ", user " + userName + ", " + brokerUrl + "]";
    }
}
