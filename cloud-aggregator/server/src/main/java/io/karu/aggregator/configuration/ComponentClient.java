package io.karu.aggregator.configuration;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.mqtt.Requester;
import io.karu.aggregator.mqtt.Requester.Request;
import io.karu.aggregator.store.Json;
import io.karu.kura.Method;
import io.karu.kura.Payload;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Kura's CONF-V2 as it is, without judgement. Throws what {@link Requester#ask} throws. */
public final class ComponentClient {
    /** What Kura gives for every password. Writing it back would set the password to it. */
    private static final String PLACEHOLDER = "placeholder";

    private static final String FACTORY_PID = "service.factoryPid";

    private final Requester requester;
    private final Duration timeout;

    public ComponentClient(Requester requester, Duration timeout) {
        this.requester = requester;
        this.timeout = timeout;
    }

    public List<ComponentConfiguration> list(GatewayId gateway) {
        return configurations(
                gateway, ask(gateway, Method.GET, "configurableComponents/configurations", null));
    }

    /** The known ones among these pids. */
    public List<ComponentConfiguration> read(GatewayId gateway, List<String> pids) {
        return configurations(
                gateway,
                ask(
                        gateway,
                        Method.POST,
                        "configurableComponents/configurations/byPid",
                        Map.of("pids", pids)));
    }

    public List<String> factories(GatewayId gateway) {
        List<String> pids = new ArrayList<>();
        ask(gateway, Method.GET, "factoryComponents", null)
                .path("pids")
                .forEach(pid -> pids.add(pid.asText()));
        return pids;
    }

    /** Changes properties of existing components in one step, with a snapshot. */
    public void update(GatewayId gateway, List<ComponentUpdate> updates) {
        ask(gateway, Method.PUT, "configurableComponents/configurations/_update", body(updates));
    }

    /** Creates components of their factories, with a snapshot. */
    public void create(GatewayId gateway, List<ComponentUpdate> updates) {
        ask(gateway, Method.POST, "factoryComponents", body(updates));
    }

    public void delete(GatewayId gateway, String pid) {
        ask(
                gateway,
                Method.DEL,
                "factoryComponents/byPid",
                Map.of("pids", List.of(pid), "takeSnapshot", true));
    }

    private static Map<String, Object> body(List<ComponentUpdate> updates) {
        List<Map<String, Object>> configs = new ArrayList<>();
        for (ComponentUpdate update : updates) {
            Map<String, Object> config = new LinkedHashMap<>();
            config.put("pid", update.pid());
            update.factoryPid().ifPresent(factory -> config.put("factoryPid", factory));
            Map<String, Object> properties = new TreeMap<>();
            update.properties()
                    .forEach(
                            (name, value) ->
                                    properties.put(
                                            name,
                                            Map.of("type", value.type(), "value", value.value())));
            config.put("properties", properties);
            configs.add(config);
        }
        return Map.of("configs", configs, "takeSnapshot", true);
    }

    private JsonNode ask(GatewayId gateway, Method method, String resource, Object body) {
        Payload.Builder payload = Payload.builder();
        if (body != null) {
            payload.body(Json.write(body).getBytes(StandardCharsets.UTF_8));
        }
        String reply =
                requester
                        .ask(
                                new Request(
                                        gateway,
                                        "CONF-V2",
                                        method,
                                        resource,
                                        payload.build(),
                                        timeout))
                        .body();
        try {
            return Json.tree(reply.isBlank() ? "{}" : reply);
        } catch (UncheckedIOException e) {
            throw new AggregatorException(
                    Code.GATEWAY_REFUSED,
                    gateway + " answered CONF-V2 with a body that is not JSON",
                    e);
        }
    }

    private static List<ComponentConfiguration> configurations(GatewayId gateway, JsonNode body) {
        List<ComponentConfiguration> found = new ArrayList<>();
        for (JsonNode config : body.path("configs")) {
            Map<String, PropertyValue> properties = new TreeMap<>();
            config.path("properties")
                    .fields()
                    .forEachRemaining(
                            field ->
                                    value(field.getValue())
                                            .ifPresent(
                                                    value ->
                                                            properties.put(field.getKey(), value)));
            Optional<String> factory =
                    Optional.ofNullable(properties.get(FACTORY_PID)).map(v -> v.value().asText());
            found.add(
                    new ComponentConfiguration(
                            config.path("pid").asText(),
                            factory,
                            Optional.ofNullable(config.get("definition"))
                                    .filter(JsonNode::isObject),
                            properties));
        }
        found.sort(java.util.Comparator.comparing(ComponentConfiguration::pid));
        return found;
    }

    private static Optional<PropertyValue> value(JsonNode property) {
        try {
            PropertyValue.Type type = PropertyValue.Type.valueOf(property.path("type").asText());
            boolean secret = type == PropertyValue.Type.PASSWORD;
            return Optional.of(new PropertyValue(type, secret ? null : property.get("value")));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Whether a value may be written: a password without a new value stays as it is. */
    static boolean writable(PropertyValue value) {
        boolean secret = value.type() == PropertyValue.Type.PASSWORD;
        boolean absent = value.value() == null || value.value().isNull();
        return !absent && !(secret && value.value().asText().equals(PLACEHOLDER));
    }
}
