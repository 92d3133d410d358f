package io.karu.gateway.cloud;

import io.karu.gateway.conf.ComponentProperties;
import java.util.Map;
import java.util.Set;
import org.eclipse.kura.system.SystemService;

/** Configuration of {@link CloudService}, under Kura's property names. */
record CloudServiceOptions(
        String displayName,
        String controlPrefix,
        boolean compress,
        boolean defaultSubscriptions,
        Encoding encoding) {

    /** How payloads are written; the name is what BIRTH says as {@code payload_encoding}. */
    enum Encoding {
        KURA_PROTOBUF,
        SIMPLE_JSON
    }

    static CloudServiceOptions from(Map<String, Object> properties, SystemService system) {
        ComponentProperties given = new ComponentProperties(properties);
        String name =
                given.oneOf(
                        "device.display-name",
                        "device-name",
                        Set.of("device-name", "hostname", "custom", "server"));
        String prefix = given.text("topic.control-prefix", "$EDC");
        if (prefix.isEmpty() || prefix.matches(".*[/+#].*")) {
            throw new IllegalArgumentException(
                    "Property 'topic.control-prefix' is '"
                            + prefix
                            + "' but must be one topic level.");
        }
        String encoding =
                given.oneOf(
                        "payload.encoding",
                        "kura-protobuf",
                        Set.of("kura-protobuf", "simple-json"));
        return new CloudServiceOptions(
                switch (name) {
                    case "hostname" -> system.getHostname();
                    case "custom" -> given.text("device.custom-name", "");
                    case "server" -> "";
                    default -> system.getDeviceName();
                },
                prefix,
                given.flag("encode.gzip", true),
                given.flag("enable.default.subscriptions", true),
                encoding.equals("simple-json") ? Encoding.SIMPLE_JSON : Encoding.KURA_PROTOBUF);
    }
}
