package io.karu.gateway.conf;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.karu.gateway.request.AppRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.request.RequestHandler;
import org.eclipse.kura.cloudconnection.request.RequestHandlerContext;
import org.eclipse.kura.cloudconnection.request.RequestHandlerRegistry;
import org.eclipse.kura.configuration.ComponentConfiguration;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.configuration.metatype.OCDService;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * Kura's CONF-V2: components, factories and snapshots as JSON, synchronously. Errors are told in
 * the body; parts of a batch fail on their own.
 */
@Component(
        name = "org.eclipse.kura.internal.rest.configuration.ConfigurationRestService",
        immediate = true,
        service = {})
public class ConfigurationHandlerV2 implements RequestHandler {

    static final String APPLICATION = "CONF-V2";

    private static final String FACTORY_PID = "service.factoryPid";
    private static final String SNAPSHOT = "snapshot";

    private final ConfigurationService configuration;
    private final OCDService definitions;

    @Activate
    public ConfigurationHandlerV2(
            @Reference ConfigurationService configuration, @Reference OCDService definitions) {
        this.configuration = configuration;
        this.definitions = definitions;
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addRegistry(RequestHandlerRegistry registry) throws KuraException {
        registry.registerRequestHandler(APPLICATION, this);
    }

    public void removeRegistry(RequestHandlerRegistry registry) throws KuraException {
        registry.unregister(APPLICATION);
    }

    @Override
    public KuraMessage doGet(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        String resource = AppRequest.resource(request);
        return answer(
                () ->
                        switch (resource) {
                            case "snapshots" -> ids(configuration.getSnapshots());
                            case "factoryComponents" ->
                                    pids(configuration.getFactoryComponentPids());
                            case "factoryComponents/ocd" ->
                                    configurations(definitions.getFactoryComponentOCDs(), false);
                            case "configurableComponents" ->
                                    pids(configuration.getConfigurableComponentPids());
                            case "configurableComponents/pidsWithFactory" -> pidsWithFactory();
                            case "configurableComponents/configurations" ->
                                    configurations(
                                            configuration.getComponentConfigurations(), true);
                            default -> throw AppRequest.notFound(resource);
                        });
    }

    @Override
    public KuraMessage doPost(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        String resource = AppRequest.resource(request);
        return answer(
                () ->
                        switch (resource) {
                            case "factoryComponents" -> create(body(request));
                            case "factoryComponents/ocd/byFactoryPid" ->
                                    factoryDefinitions(pids(body(request)));
                            case "configurableComponents/configurations/byPid" ->
                                    byPid(pids(body(request)));
                            case "configurableComponents/configurations/byPid/_default" ->
                                    defaults(pids(body(request)));
                            case "snapshots/byId" ->
                                    configurations(
                                            configuration.getSnapshot(id(body(request))), false);
                            default -> throw AppRequest.notFound(resource);
                        });
    }

    @Override
    public KuraMessage doPut(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        String resource = AppRequest.resource(request);
        return answer(
                () ->
                        switch (resource) {
                            case "configurableComponents/configurations/_update" ->
                                    update(body(request));
                            default -> throw AppRequest.notFound(resource);
                        });
    }

    @Override
    public KuraMessage doDel(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        String resource = AppRequest.resource(request);
        return answer(
                () ->
                        switch (resource) {
                            case "factoryComponents/byPid" -> delete(body(request));
                            default -> throw AppRequest.notFound(resource);
                        });
    }

    @Override
    public KuraMessage doExec(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        String resource = AppRequest.resource(request);
        return answer(
                () ->
                        switch (resource) {
                            case "snapshots/_write" -> id(configuration.snapshot());
                            case "snapshots/_rollback" -> id(configuration.rollback());
                            case "snapshots/byId/_rollback" -> {
                                configuration.rollback(id(body(request)));
                                yield Optional.empty();
                            }
                            default -> throw AppRequest.notFound(resource);
                        });
    }

    private interface Answer {
        Optional<JsonObject> get() throws KuraException;
    }

    private static KuraMessage answer(Answer answer) {
        try {
            return answer.get().map(json -> AppRequest.ok(bytes(json))).orElseGet(AppRequest::ok);
        } catch (KuraException e) {
            ConfRefusal refusal = ConfRefusal.of(e);
            return AppRequest.withBody(refusal.code(), bytes(refusal.body()));
        } catch (ConfRefusal e) {
            return AppRequest.withBody(e.code(), bytes(e.body()));
        }
    }

    private Optional<JsonObject> create(JsonObject body) {
        Batch batch = new Batch();
        for (JsonObject config : configs(body)) {
            String pid = text(config, "pid");
            String factoryPid = text(config, "factoryPid");
            Map<String, Object> properties = properties(config);
            batch.run(
                    "create:" + pid,
                    () ->
                            configuration.createFactoryConfiguration(
                                    factoryPid, pid, properties, false));
        }
        return batch.end(body);
    }

    private Optional<JsonObject> delete(JsonObject body) {
        Batch batch = new Batch();
        for (String pid : pids(body)) {
            batch.run("delete:" + pid, () -> configuration.deleteFactoryConfiguration(pid, false));
        }
        return batch.end(body);
    }

    private Optional<JsonObject> update(JsonObject body) {
        Batch batch = new Batch();
        record Update(String pid, Map<String, Object> properties) {}
        List<Update> updates =
                configs(body).stream()
                        .map(config -> new Update(text(config, "pid"), properties(config)))
                        .toList();
        for (Update update : updates) {
            batch.run(
                    "update:" + update.pid(),
                    () ->
                            configuration.updateConfiguration(
                                    update.pid(), update.properties(), false));
        }
        return batch.end(body);
    }

    private final class Batch {

        private final Map<String, String> failures = new LinkedHashMap<>();

        private interface Part {
            void run() throws KuraException;
        }

        void run(String id, Part part) {
            try {
                part.run();
            } catch (KuraException | RuntimeException e) {
                failures.put(id, e.getMessage());
            }
        }

        Optional<JsonObject> end(JsonObject body) {
            JsonElement takeSnapshot = body.get("takeSnapshot");
            if (takeSnapshot == null || takeSnapshot.getAsBoolean()) {
                run(SNAPSHOT, configuration::snapshot);
            }
            if (!failures.isEmpty()) {
                throw ConfRefusal.failures(failures);
            }
            return Optional.empty();
        }
    }

    private Optional<JsonObject> byPid(Collection<String> pids) throws KuraException {
        List<ComponentConfiguration> found = new ArrayList<>();
        for (String pid : pids) {
            Optional.ofNullable(configuration.getComponentConfiguration(pid)).ifPresent(found::add);
        }
        return configurations(found, true);
    }

    private Optional<JsonObject> defaults(Collection<String> pids) throws KuraException {
        List<ComponentConfiguration> found = new ArrayList<>();
        for (String pid : pids) {
            Optional.ofNullable(configuration.getDefaultComponentConfiguration(pid))
                    .filter(config -> config.getDefinition() != null)
                    .ifPresent(found::add);
        }
        return configurations(found, false);
    }

    private Optional<JsonObject> factoryDefinitions(Collection<String> factoryPids) {
        return configurations(
                definitions.getFactoryComponentOCDs().stream()
                        .filter(config -> factoryPids.contains(config.getPid()))
                        .toList(),
                false);
    }

    private Optional<JsonObject> pidsWithFactory() throws KuraException {
        JsonArray components = new JsonArray();
        for (ComponentConfiguration config : configuration.getComponentConfigurations()) {
            JsonObject component = new JsonObject();
            component.addProperty("pid", config.getPid());
            if (config.getConfigurationProperties().get(FACTORY_PID) instanceof String factoryPid) {
                component.addProperty("factoryPid", factoryPid);
            }
            components.add(component);
        }
        return Optional.of(object("components", components));
    }

    private static Optional<JsonObject> configurations(
            Collection<? extends ComponentConfiguration> configurations, boolean hidePasswords) {
        JsonArray configs = new JsonArray();
        for (ComponentConfiguration each : configurations) {
            JsonObject config = new JsonObject();
            config.addProperty("pid", each.getPid());
            if (each.getDefinition() != null) {
                config.add("definition", DefinitionJson.write(each.getDefinition()));
            }
            if (each.getConfigurationProperties() != null) {
                config.add(
                        "properties",
                        PropertyJson.write(each.getConfigurationProperties(), hidePasswords));
            }
            configs.add(config);
        }
        return Optional.of(object("configs", configs));
    }

    private static Optional<JsonObject> pids(Set<String> pids) {
        JsonArray array = new JsonArray();
        new TreeSet<>(pids).forEach(array::add);
        return Optional.of(object("pids", array));
    }

    private static Optional<JsonObject> ids(Collection<Long> ids) {
        JsonArray array = new JsonArray();
        new TreeSet<>(ids).forEach(array::add);
        return Optional.of(object("ids", array));
    }

    private static Optional<JsonObject> id(long id) {
        JsonObject json = new JsonObject();
        json.addProperty("id", id);
        return Optional.of(json);
    }

    private static JsonObject object(String name, JsonArray content) {
        JsonObject json = new JsonObject();
        json.add(name, content);
        return json;
    }

    private static JsonObject body(KuraMessage request) {
        byte[] body = request.getPayload().getBody();
        if (body == null) {
            throw ConfRefusal.badRequest("the request needs a JSON body");
        }
        try {
            return JsonParser.parseString(new String(body, StandardCharsets.UTF_8))
                    .getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            throw ConfRefusal.badRequest("the body is no JSON object");
        }
    }

    private static List<JsonObject> configs(JsonObject body) {
        List<JsonObject> configs = new ArrayList<>();
        for (JsonElement config : array(body, "configs")) {
            if (!config.isJsonObject()) {
                throw ConfRefusal.badRequest("component configuration objects cannot be null");
            }
            configs.add(config.getAsJsonObject());
        }
        return configs;
    }

    private static List<String> pids(JsonObject body) {
        List<String> pids = new ArrayList<>();
        array(body, "pids").forEach(pid -> pids.add(pid.getAsString()));
        return pids;
    }

    private static JsonArray array(JsonObject body, String name) {
        if (body.get(name) instanceof JsonArray array) {
            return array;
        }
        throw ConfRefusal.missing(name);
    }

    private static String text(JsonObject json, String name) {
        if (json.get(name) != null && json.get(name).isJsonPrimitive()) {
            return json.get(name).getAsString();
        }
        throw ConfRefusal.missing(name);
    }

    private static long id(JsonObject body) {
        if (body.get("id") != null
                && body.get("id").isJsonPrimitive()
                && body.get("id").getAsJsonPrimitive().isNumber()) {
            return body.get("id").getAsLong();
        }
        throw ConfRefusal.missing("id");
    }

    private static Map<String, Object> properties(JsonObject config) {
        if (!(config.get("properties") instanceof JsonObject properties)) {
            return Map.of();
        }
        try {
            return PropertyJson.read(properties);
        } catch (IllegalArgumentException e) {
            throw ConfRefusal.badRequest(e.getMessage());
        }
    }

    private static byte[] bytes(JsonObject json) {
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }
}
