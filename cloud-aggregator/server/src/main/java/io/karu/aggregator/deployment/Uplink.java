package io.karu.aggregator.deployment;

import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.karu.aggregator.configuration.ComponentUpdate;
import io.karu.aggregator.configuration.PropertyValue;
import io.karu.aggregator.configuration.PropertyValue.Type;
import io.karu.aggregator.security.ModelSigning;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What every gateway with an uplink is configured to (docs/contracts.md, 1, 3 and 5). */
final class Uplink {
    static final String PID = "io.karu.uplink.Uplink";
    static final String PUBLISHER = "karu-verdicts";
    static final String MODELS = "io.karu.models.Models";

    private static final String PUBLISHER_FACTORY =
            "org.eclipse.kura.cloud.publisher.CloudPublisher";

    /** Kura's own, whose key stores trust the aggregator and hold the gateway's certificate. */
    private static final String SSL_MANAGER =
            "(kura.service.pid=org.eclipse.kura.ssl.SslManagerService)";

    private static final String NO_SSL_MANAGER = "(kura.service.pid=changeme)";

    private Uplink() {}

    /** Whether the aggregator alone configures the component. */
    static boolean isOwn(String pid) {
        return pid.equals(PID) || pid.equals(PUBLISHER);
    }

    /**
     * @param base where the aggregator's HTTP is reached by gateways
     * @param signing tells whom to believe, and how that changed
     */
    static List<ComponentUpdate> configuration(String base, ModelSigning signing) {
        Map<String, PropertyValue> trust = new HashMap<>();
        trust.put("trust.anchors", text(signing.anchors()));
        signing.statements().ifPresent(chain -> trust.put("trust.statement", text(chain)));
        return List.of(
                new ComponentUpdate(
                        PUBLISHER,
                        Optional.of(PUBLISHER_FACTORY),
                        Map.of(
                                "appId", text("KARU-V1"),
                                "app.topic", text("verdicts"),
                                "qos", new PropertyValue(Type.INTEGER, IntNode.valueOf(1)),
                                "retain", new PropertyValue(Type.BOOLEAN, BooleanNode.FALSE),
                                "priority", new PropertyValue(Type.INTEGER, IntNode.valueOf(3)),
                                "message.type", text("data"),
                                "cloud.endpoint.service.pid",
                                        text("org.eclipse.kura.cloud.CloudService"))),
                new ComponentUpdate(
                        PID,
                        Optional.empty(),
                        Map.of(
                                "aggregator.url",
                                text(base),
                                "SslManagerService.target",
                                text(base.startsWith("https:") ? SSL_MANAGER : NO_SSL_MANAGER),
                                "aggregator.token",
                                new PropertyValue(
                                        Type.PASSWORD,
                                        TextNode.valueOf(ConfigurationSteps.UPLINK_TOKEN)))),
                new ComponentUpdate(MODELS, Optional.empty(), trust));
    }

    private static PropertyValue text(String value) {
        return new PropertyValue(Type.STRING, TextNode.valueOf(value));
    }
}
