package io.karu.gateway.transport;

import io.karu.gateway.conf.ComponentProperties;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

/** Configuration of {@link MqttDataTransport}, under Kura's property names. Times in seconds. */
record MqttOptions(
        URI broker,
        String account,
        String username,
        char[] password,
        String clientId,
        int keepAlive,
        int timeout,
        boolean cleanSession,
        int protocolVersion,
        Will will) {

    private static final Map<String, String> PAHO_SCHEMES =
            Map.of("mqtt", "tcp", "mqtts", "ssl", "ws", "ws", "wss", "wss");

    /** The message that the broker publishes when the connection is lost. */
    record Will(String topic, byte[] payload, int qos, boolean retain) {}

    /**
     * @param password the clear password
     * @param macAddress the client id when none is configured
     */
    static MqttOptions from(Map<String, Object> properties, char[] password, String macAddress) {
        ComponentProperties given = new ComponentProperties(properties);
        String clientId = given.text("client-id", "").strip();
        return new MqttOptions(
                broker(given.text("broker-url", "mqtt://broker-url:1883/").strip()),
                given.text("topic.context.account-name", "account-name"),
                given.text("username", ""),
                password,
                (clientId.isEmpty() ? macAddress : clientId).replaceAll("[/+#.]", "-"),
                given.integer("keep-alive", 30, 0, 65_535),
                given.integer("timeout", 10, 1, 3_600),
                given.flag("clean-session", true),
                given.integer("protocol-version", 4, 3, 4),
                new Will(
                        given.text("lwt.topic", "$EDC/#account-name/#client-id/MQTT/LWT"),
                        given.text("lwt.payload", "").getBytes(StandardCharsets.UTF_8),
                        given.integer("lwt.qos", 0, 0, 2),
                        given.flag("lwt.retain", false)));
    }

    /**
     * The address in Paho's words: {@code tcp}, {@code ssl}, {@code ws} or {@code wss}, with a
     * port.
     */
    String pahoUri() {
        int port =
                broker.getPort() >= 0
                        ? broker.getPort()
                        : Map.of("mqtt", 1883, "mqtts", 8883, "ws", 80, "wss", 443)
                                .get(broker.getScheme());
        boolean webSocket = broker.getScheme().startsWith("ws");
        String path = webSocket && broker.getPath() != null ? broker.getPath() : "";
        return PAHO_SCHEMES.get(broker.getScheme()) + "://" + broker.getHost() + ":" + port + path;
    }

    boolean secure() {
        return Set.of("mqtts", "wss").contains(broker.getScheme());
    }

    /** Fills in the tokens {@code #account-name} and {@code #client-id}. */
    String resolve(String topic) {
        return topic.replace("#account-name", account).replace("#client-id", clientId);
    }

    private static URI broker(String address) {
        try {
            URI uri = URI.create(address);
            if (uri.getHost() != null
                    && PAHO_SCHEMES.containsKey(String.valueOf(uri.getScheme()))) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // refused below, with the rest
        }
        throw new IllegalArgumentException(
                "Property 'broker-url' is '"
                        + address
                        + "' but must look like mqtt://host:1883/ (mqtt, mqtts, ws or wss).");
    }
}
