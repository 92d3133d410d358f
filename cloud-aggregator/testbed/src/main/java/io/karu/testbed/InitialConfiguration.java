package io.karu.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/** What a development gateway is told at its first start: how it reaches its aggregator. */
final class InitialConfiguration {
    private static final ObjectMapper JSON = new ObjectMapper();

    private InitialConfiguration() {}

    /**
     * In CONF-V2's form.
     *
     * @param credentials as the aggregator gave them
     * @param port of the gateway's cable on loopback
     * @param home Kura's home folder
     */
    static ObjectNode of(JsonNode credentials, int port, Path home) {
        ObjectNode body = JSON.createObjectNode();
        ArrayNode configs = body.putArray("configs");
        ObjectNode transport =
                properties(configs, "org.eclipse.kura.core.data.transport.mqtt.MqttDataTransport");
        put(transport, "broker-url", "STRING", "mqtt://127.0.0.1:" + port + "/");
        put(
                transport,
                "topic.context.account-name",
                "STRING",
                credentials.path("account").asText());
        put(transport, "username", "STRING", credentials.path("username").asText());
        put(transport, "password", "PASSWORD", credentials.path("password").asText());
        put(transport, "client-id", "STRING", credentials.path("clientId").asText());
        // Kura's default is one folder for the whole machine; two gateways here would share its
        // files.
        put(
                properties(configs, "org.eclipse.kura.core.deployment.CloudDeploymentHandlerV2"),
                "downloads.directory",
                "STRING",
                home.resolve("tmp").toString());
        ObjectNode data = properties(configs, "org.eclipse.kura.data.DataService");
        data.putObject("connect.auto-on-startup").put("type", "BOOLEAN").put("value", true);
        data.putObject("connect.retry-interval").put("type", "INTEGER").put("value", 5);
        return body;
    }

    private static ObjectNode properties(ArrayNode configs, String pid) {
        return configs.addObject().put("pid", pid).putObject("properties");
    }

    private static void put(ObjectNode properties, String name, String type, String value) {
        properties.putObject(name).put("type", type).put("value", value);
    }
}
