package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.registry.ModelAlias;
import io.karu.aggregator.registry.ModelVersion;
import io.karu.aggregator.registry.RegisteredModel;
import io.karu.aggregator.registry.RegisteredModel.VersionNotes;
import io.karu.aggregator.registry.Registry;
import io.karu.aggregator.store.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The part of MLflow's registry REST interface (2.0) that its clients need. A version number is the
 * version's counter; aliases are those that hold everywhere.
 */
final class MlflowRoutes {
    static final String BASE = "/api/2.0/mlflow/";
    private static final String MODELS = BASE + "registered-models/";
    private static final String VERSIONS = BASE + "model-versions/";
    private static final String RUN = "mlflow.run_id";

    private final Registry registry;

    MlflowRoutes(Services services) {
        this.registry = services.registry();
    }

    void install(RoutesConfig routes) {
        routes.post(MODELS + "create", this::createModel, Access.PERSON);
        routes.get(MODELS + "get", ctx -> model(ctx, get(ctx)), Access.PERSON);
        routes.get(MODELS + "search", this::searchModels, Access.PERSON);
        routes.post(MODELS + "rename", this::rename, Access.PERSON);
        routes.patch(MODELS + "update", this::updateModel, Access.PERSON);
        routes.delete(MODELS + "delete", this::deleteModel, Access.PERSON);
        routes.post(MODELS + "set-tag", this::setModelTag, Access.PERSON);
        routes.delete(MODELS + "delete-tag", this::deleteModelTag, Access.PERSON);
        routes.get(MODELS + "get-latest-versions", this::latest, Access.PERSON);
        routes.post(MODELS + "get-latest-versions", this::latest, Access.QUERY);
        routes.get(MODELS + "alias", this::byAlias, Access.PERSON);
        routes.post(MODELS + "alias", this::setAlias, Access.PERSON);
        routes.delete(MODELS + "alias", this::deleteAlias, Access.PERSON);
        routes.post(VERSIONS + "create", this::createVersion, Access.PERSON);
        routes.get(VERSIONS + "get", ctx -> version(ctx, number(request(ctx))), Access.PERSON);
        routes.get(VERSIONS + "search", this::searchVersions, Access.PERSON);
        routes.patch(VERSIONS + "update", this::updateVersion, Access.PERSON);
        routes.delete(VERSIONS + "delete", this::deleteVersion, Access.PERSON);
        routes.get(VERSIONS + "get-download-uri", this::downloadUri, Access.PERSON);
        routes.post(VERSIONS + "set-tag", this::setVersionTag, Access.PERSON);
        routes.delete(VERSIONS + "delete-tag", this::deleteVersionTag, Access.PERSON);
    }

    /** The parameters: of a JSON body, which MLflow also sends with DELETE, or of the query. */
    private static JsonNode request(Context ctx) {
        ObjectNode query = Json.MAPPER.createObjectNode();
        ctx.queryParamMap()
                .forEach(
                        (name, values) -> {
                            ArrayNode all = query.putArray(name);
                            values.forEach(all::add);
                            if (values.size() == 1 && !name.equals("order_by")) {
                                query.put(name, values.get(0));
                            }
                        });
        String body = ctx.body();
        if (body.isBlank()) {
            return query;
        }
        try {
            return Json.MAPPER.readTree(body) instanceof ObjectNode object ? object : query;
        } catch (JsonProcessingException e) {
            throw invalid("the body is not JSON");
        }
    }

    static String text(JsonNode request, String parameter) {
        String value = request.path(parameter).asText("");
        if (value.isEmpty()) {
            throw invalid("Missing value for required parameter '" + parameter + "'.");
        }
        return value;
    }

    private static String description(JsonNode request) {
        return request.path("description").asText("");
    }

    private static Map<String, String> tags(JsonNode request) {
        Map<String, String> tags = new LinkedHashMap<>();
        for (JsonNode tag : request.path("tags")) {
            tags.put(text(tag, "key"), tag.path("value").asText(""));
        }
        return tags;
    }

    static AggregatorException invalid(String what) {
        return new AggregatorException(Code.INVALID_ARGUMENT, what);
    }

    private RegisteredModel get(Context ctx) {
        return registry.models().get(text(request(ctx), "name"));
    }

    private void createModel(Context ctx) {
        JsonNode request = request(ctx);
        model(
                ctx,
                registry.models()
                        .create(
                                text(request, "name"),
                                description(request),
                                tags(request),
                                Guard.person(ctx)));
    }

    private void rename(Context ctx) {
        JsonNode request = request(ctx);
        model(ctx, registry.models().rename(text(request, "name"), text(request, "new_name")));
    }

    private void updateModel(Context ctx) {
        JsonNode request = request(ctx);
        model(ctx, registry.models().describe(text(request, "name"), description(request)));
    }

    private void deleteModel(Context ctx) {
        registry.models().remove(text(request(ctx), "name"));
        ctx.json(Map.of());
    }

    private void setModelTag(Context ctx) {
        JsonNode request = request(ctx);
        registry.models()
                .tag(text(request, "name"), text(request, "key"), request.path("value").asText(""));
        ctx.json(Map.of());
    }

    private void deleteModelTag(Context ctx) {
        JsonNode request = request(ctx);
        registry.models().untag(text(request, "name"), text(request, "key"));
        ctx.json(Map.of());
    }

    private void searchModels(Context ctx) {
        JsonNode request = request(ctx);
        List<RegisteredModel> all = registry.models().list();
        Map<String, Function<RegisteredModel, Comparable<?>>> columns = new LinkedHashMap<>();
        columns.put("name", RegisteredModel::name);
        columns.put("creation_timestamp", RegisteredModel::createdAt);
        columns.put("last_updated_timestamp", RegisteredModel::updatedAt);
        MlflowSearch.Page<RegisteredModel> page =
                MlflowSearch.of(request, 100, 1000)
                        .page(
                                all,
                                (attribute, model) ->
                                        attribute.equals("name")
                                                ? model.name()
                                                : model.tags().get(MlflowSearch.tag(attribute)),
                                columns);
        ObjectNode answer = Json.MAPPER.createObjectNode();
        ArrayNode models = answer.putArray("registered_models");
        page.items().forEach(model -> models.add(view(model)));
        page.next().ifPresent(next -> answer.put("next_page_token", next));
        ctx.json(answer);
    }

    private void latest(Context ctx) {
        RegisteredModel model = get(ctx);
        ObjectNode answer = Json.MAPPER.createObjectNode();
        ArrayNode versions = answer.putArray("model_versions");
        registry.versions().versions(model.name()).stream()
                .limit(1)
                .forEach(version -> versions.add(view(version)));
        ctx.json(answer);
    }

    private void byAlias(Context ctx) {
        JsonNode request = request(ctx);
        String name = registry.models().get(text(request, "name")).name();
        String alias = text(request, "alias");
        version(
                ctx,
                registry.aliases()
                        .meaning(name, alias, ModelAlias.EVERYWHERE)
                        .orElseThrow(
                                () ->
                                        new AggregatorException(
                                                Code.ALIAS_NOT_FOUND,
                                                "Registered model alias "
                                                        + alias
                                                        + " not found.")));
    }

    private void setAlias(Context ctx) {
        JsonNode request = request(ctx);
        ModelVersion version = number(request);
        registry.aliases()
                .move(
                        version.name(),
                        text(request, "alias"),
                        ModelAlias.EVERYWHERE,
                        version.digest(),
                        Guard.person(ctx));
        ctx.json(Map.of());
    }

    private void deleteAlias(Context ctx) {
        JsonNode request = request(ctx);
        registry.aliases()
                .remove(
                        text(request, "name"),
                        text(request, "alias"),
                        ModelAlias.EVERYWHERE,
                        Guard.person(ctx));
        ctx.json(Map.of());
    }

    private ModelVersion number(JsonNode request) {
        String name = registry.models().get(text(request, "name")).name();
        String number = text(request, "version");
        return registry.versions().versions(name).stream()
                .filter(version -> Integer.toString(version.counter()).equals(number))
                .findFirst()
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.MODEL_NOT_FOUND,
                                        "Model Version (name="
                                                + name
                                                + ", version="
                                                + number
                                                + ") not found"));
    }

    private void createVersion(Context ctx) throws IOException {
        JsonNode request = request(ctx);
        String name = registry.models().get(text(request, "name")).name();
        String source = text(request, "source");
        String path = MlflowArtifactRoutes.uploaded(source);
        Path folder = registry.uploads().resolve(path);
        if (!Files.isDirectory(folder)) {
            throw invalid(
                    "source \""
                            + source
                            + "\" holds nothing; log model.onnx, model.json and golden/ there first");
        }
        ModelVersion version = registry.versions().register(folder, name, Guard.person(ctx));
        registry.uploads().remove(path);
        tags(request).forEach((key, value) -> registry.models().tag(version, key, value));
        if (!request.path("run_id").asText("").isEmpty()) {
            registry.models().tag(version, RUN, request.path("run_id").asText());
        }
        if (!description(request).isEmpty()) {
            registry.models().describe(version, description(request));
        }
        version(ctx, version);
    }

    private void searchVersions(Context ctx) {
        JsonNode request = request(ctx);
        Map<String, Function<ModelVersion, Comparable<?>>> columns = new LinkedHashMap<>();
        columns.put("name", ModelVersion::name);
        columns.put("version_number", ModelVersion::counter);
        columns.put("creation_timestamp", ModelVersion::registeredAt);
        columns.put(
                "last_updated_timestamp", version -> registry.models().notes(version).updatedAt());
        MlflowSearch.Page<ModelVersion> page =
                MlflowSearch.of(request, 10_000, 200_000)
                        .page(registry.versions().list(), this::attribute, columns);
        ObjectNode answer = Json.MAPPER.createObjectNode();
        ArrayNode versions = answer.putArray("model_versions");
        page.items().forEach(version -> versions.add(view(version)));
        page.next().ifPresent(next -> answer.put("next_page_token", next));
        ctx.json(answer);
    }

    private String attribute(String attribute, ModelVersion version) {
        return switch (attribute) {
            case "name" -> version.name();
            case "version_number" -> Integer.toString(version.counter());
            case "source_path" -> source(version);
            case "run_id" -> registry.models().notes(version).tags().get(RUN);
            default -> registry.models().notes(version).tags().get(MlflowSearch.tag(attribute));
        };
    }

    private void updateVersion(Context ctx) {
        JsonNode request = request(ctx);
        ModelVersion version = number(request);
        registry.models().describe(version, description(request));
        version(ctx, version);
    }

    private void deleteVersion(Context ctx) {
        ModelVersion version = number(request(ctx));
        registry.versions().remove(version.name(), version.digest());
        ctx.json(Map.of());
    }

    private void downloadUri(Context ctx) {
        ctx.json(Map.of("artifact_uri", source(number(request(ctx)))));
    }

    private void setVersionTag(Context ctx) {
        JsonNode request = request(ctx);
        registry.models()
                .tag(number(request), text(request, "key"), request.path("value").asText(""));
        ctx.json(Map.of());
    }

    private void deleteVersionTag(Context ctx) {
        JsonNode request = request(ctx);
        registry.models().untag(number(request), text(request, "key"));
        ctx.json(Map.of());
    }

    private void model(Context ctx, RegisteredModel model) {
        ctx.json(Map.of("registered_model", view(model)));
    }

    private void version(Context ctx, ModelVersion version) {
        ctx.json(Map.of("model_version", view(version)));
    }

    private ObjectNode view(RegisteredModel model) {
        ObjectNode view = Json.MAPPER.createObjectNode();
        view.put("name", model.name());
        view.put("creation_timestamp", model.createdAt().toEpochMilli());
        view.put("last_updated_timestamp", model.updatedAt().toEpochMilli());
        view.put("description", model.description());
        List<ModelVersion> versions = registry.versions().versions(model.name());
        ArrayNode latest = view.putArray("latest_versions");
        versions.stream().limit(1).forEach(version -> latest.add(view(version)));
        tags(view, model.tags());
        ArrayNode aliases = view.putArray("aliases");
        for (ModelAlias alias : everywhere(model.name())) {
            versions.stream()
                    .filter(version -> version.digest().equals(alias.digest()))
                    .forEach(
                            version ->
                                    aliases.addObject()
                                            .put("alias", alias.alias())
                                            .put("version", Integer.toString(version.counter())));
        }
        return view;
    }

    private ObjectNode view(ModelVersion version) {
        VersionNotes notes = registry.models().notes(version);
        ObjectNode view = Json.MAPPER.createObjectNode();
        view.put("name", version.name());
        view.put("version", Integer.toString(version.counter()));
        view.put("creation_timestamp", version.registeredAt().toEpochMilli());
        view.put("last_updated_timestamp", notes.updatedAt().toEpochMilli());
        view.put("user_id", version.registeredBy());
        view.put("current_stage", "None");
        view.put("description", notes.description());
        view.put("source", source(version));
        view.put("run_id", notes.tags().getOrDefault(RUN, ""));
        view.put("status", "READY");
        Map<String, String> tags = new LinkedHashMap<>(notes.tags());
        tags.put("karu.version", version.version());
        tags.put("karu.digest", version.digest());
        tags(view, tags);
        ArrayNode aliases = view.putArray("aliases");
        everywhere(version.name()).stream()
                .filter(alias -> alias.digest().equals(version.digest()))
                .forEach(alias -> aliases.add(alias.alias()));
        return view;
    }

    private List<ModelAlias> everywhere(String name) {
        return registry.aliases().list(name).stream()
                .filter(alias -> alias.site().equals(ModelAlias.EVERYWHERE))
                .toList();
    }

    private static void tags(ObjectNode view, Map<String, String> tags) {
        ArrayNode listed = view.putArray("tags");
        tags.forEach((key, value) -> listed.addObject().put("key", key).put("value", value));
    }

    private static String source(ModelVersion version) {
        return "mlflow-artifacts:/models/" + version.name() + "/" + version.counter();
    }
}
