package io.karu.aggregator.http;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.registry.MlBom;
import io.karu.aggregator.registry.ModelAlias;
import io.karu.aggregator.registry.ModelVersion;
import io.karu.aggregator.registry.RegisteredModel;
import io.karu.aggregator.registry.RegisteredModel.VersionNotes;
import io.karu.aggregator.registry.Registry;
import io.karu.aggregator.registry.VersionComparison;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Names, descriptions, tags and aliases of models. */
final class RegistryRoutes {
    private static final String MODEL = "/api/v1/registry/{name}";
    private static final String VERSION = MODEL + "/versions/{digest}";

    private final Registry registry;
    private final ObjectMapper mapper;

    RegistryRoutes(Services services, ObjectMapper mapper) {
        this.registry = services.registry();
        this.mapper = mapper;
    }

    void install(RoutesConfig routes) {
        routes.get("/api/v1/registry", this::list, Access.PERSON);
        routes.get(MODEL, this::get, Access.PERSON);
        routes.put(MODEL, this::describe, Access.PERSON);
        routes.delete(MODEL, this::remove, Access.PERSON);
        routes.put(MODEL + "/tags/{tag}", this::tag, Access.PERSON);
        routes.delete(MODEL + "/tags/{tag}", this::untag, Access.PERSON);
        routes.put(MODEL + "/aliases/{alias}", this::move, Access.PERSON);
        routes.delete(MODEL + "/aliases/{alias}", this::removeAlias, Access.PERSON);
        routes.get(MODEL + "/lineage", this::lineage, Access.PERSON);
        routes.get(MODEL + "/comparison", this::compare, Access.PERSON);
        routes.get(VERSION + "/bom", this::bom, Access.PERSON);
        routes.get(VERSION, this::notes, Access.PERSON);
        routes.put(VERSION, this::describeVersion, Access.PERSON);
        routes.delete(VERSION, this::removeVersion, Access.PERSON);
        routes.put(VERSION + "/tags/{tag}", this::tagVersion, Access.PERSON);
        routes.delete(VERSION + "/tags/{tag}", this::untagVersion, Access.PERSON);
    }

    private void list(Context ctx) {
        List<ModelAlias> aliases = registry.aliases().list();
        ctx.json(
                Map.of(
                        "models",
                        registry.models().list().stream()
                                .map(
                                        model ->
                                                ModelEntry.of(
                                                        model,
                                                        aliases.stream()
                                                                .filter(a -> isOf(a, model))
                                                                .toList()))
                                .toList()));
    }

    private static boolean isOf(ModelAlias alias, RegisteredModel model) {
        return alias.model().equals(model.name());
    }

    private void get(Context ctx) {
        RegisteredModel model = registry.models().get(name(ctx));
        ctx.json(
                new ModelDetail(
                        ModelEntry.of(model, registry.aliases().list(model.name())),
                        registry.aliases().history(model.name()).stream()
                                .map(
                                        move ->
                                                new MoveView(
                                                        move.alias(),
                                                        move.site(),
                                                        move.digest().orElse(null),
                                                        move.at(),
                                                        move.by()))
                                .toList()));
    }

    private void describe(Context ctx) throws JsonProcessingException {
        String description = description(ctx);
        if (registry.models().find(name(ctx)).isEmpty()) {
            registry.models().create(name(ctx), description, Map.of(), Guard.person(ctx));
        } else {
            registry.models().describe(name(ctx), description);
        }
        get(ctx);
    }

    private void remove(Context ctx) {
        registry.models().remove(name(ctx));
        ctx.status(204);
    }

    private void tag(Context ctx) throws JsonProcessingException {
        registry.models().tag(name(ctx), ctx.pathParam("tag"), content(ctx));
        ctx.status(204);
    }

    private void untag(Context ctx) {
        registry.models().untag(name(ctx), ctx.pathParam("tag"));
        ctx.status(204);
    }

    private void move(Context ctx) throws JsonProcessingException {
        Move wanted = Bodies.json(ctx, mapper, Move.class);
        ctx.json(
                AliasView.of(
                        registry.aliases()
                                .move(
                                        name(ctx),
                                        ctx.pathParam("alias"),
                                        wanted.site() == null
                                                ? ModelAlias.EVERYWHERE
                                                : wanted.site(),
                                        Bodies.require("digest", wanted.digest()),
                                        Guard.person(ctx))));
    }

    private void removeAlias(Context ctx) {
        String alias = ctx.pathParam("alias");
        String site = Query.text(ctx, "site").orElse(ModelAlias.EVERYWHERE);
        boolean known =
                registry.aliases().list(name(ctx)).stream()
                        .anyMatch(a -> a.alias().equals(alias) && a.site().equals(site));
        if (!known) {
            throw new AggregatorException(
                    Code.ALIAS_NOT_FOUND,
                    "model \"" + name(ctx) + "\" has no alias " + alias + " for that site");
        }
        registry.aliases().remove(name(ctx), alias, site, Guard.person(ctx));
        ctx.status(204);
    }

    private void notes(Context ctx) {
        ModelVersion version = version(ctx);
        VersionNotes notes = registry.models().notes(version);
        ctx.json(
                new NotesView(
                        notes.description(),
                        notes.tags(),
                        registry.aliases().list(version.name()).stream()
                                .filter(a -> a.digest().equals(version.digest()))
                                .map(AliasView::of)
                                .toList(),
                        notes.updatedAt()));
    }

    private void describeVersion(Context ctx) throws JsonProcessingException {
        registry.models().describe(version(ctx), description(ctx));
        notes(ctx);
    }

    private void removeVersion(Context ctx) {
        registry.versions().remove(name(ctx), ctx.pathParam("digest"));
        ctx.status(204);
    }

    private void tagVersion(Context ctx) throws JsonProcessingException {
        registry.models().tag(version(ctx), ctx.pathParam("tag"), content(ctx));
        ctx.status(204);
    }

    private void untagVersion(Context ctx) {
        registry.models().untag(version(ctx), ctx.pathParam("tag"));
        ctx.status(204);
    }

    private void lineage(Context ctx) {
        ctx.json(registry.lineage().of(name(ctx)));
    }

    private void compare(Context ctx) {
        VersionComparison.Comparison comparison =
                registry.comparison()
                        .of(
                                name(ctx),
                                Query.text(ctx, "versions")
                                        .map(text -> List.of(text.split(",")))
                                        .orElse(List.of()));
        ctx.json(
                new ComparisonView(
                        comparison.versions().stream().map(ModelView::of).toList(),
                        comparison.rows()));
    }

    private void bom(Context ctx) throws IOException {
        ctx.contentType(MlBom.MEDIA_TYPE).result(registry.bom().of(version(ctx)).toPrettyString());
    }

    private String description(Context ctx) throws JsonProcessingException {
        String description = Bodies.json(ctx, mapper, Description.class).description();
        return description == null ? "" : description;
    }

    private String content(Context ctx) throws JsonProcessingException {
        String content = Bodies.json(ctx, mapper, TagContent.class).value();
        return content == null ? "" : content;
    }

    private static String name(Context ctx) {
        return ctx.pathParam("name");
    }

    private ModelVersion version(Context ctx) {
        return registry.versions().get(name(ctx), ctx.pathParam("digest"));
    }

    /** {@code RegisteredModel} of the contract. */
    record ModelEntry(
            String name,
            String description,
            Map<String, String> tags,
            int versions,
            List<AliasView> aliases,
            Instant createdAt,
            String createdBy,
            Instant updatedAt) {
        static ModelEntry of(RegisteredModel model, List<ModelAlias> aliases) {
            return new ModelEntry(
                    model.name(),
                    model.description(),
                    model.tags(),
                    model.versions(),
                    aliases.stream().map(AliasView::of).toList(),
                    model.createdAt(),
                    model.createdBy(),
                    model.updatedAt());
        }
    }

    /** {@code ModelAlias} of the contract. */
    record AliasView(
            String alias,
            String site,
            String digest,
            int generation,
            Instant movedAt,
            String movedBy) {
        static AliasView of(ModelAlias alias) {
            return new AliasView(
                    alias.alias(),
                    alias.site(),
                    alias.digest(),
                    alias.generation(),
                    alias.movedAt(),
                    alias.movedBy());
        }
    }

    record ModelDetail(@JsonUnwrapped ModelEntry model, List<MoveView> moves) {}

    record MoveView(String alias, String site, String digest, Instant at, String by) {}

    record NotesView(
            String description,
            Map<String, String> tags,
            List<AliasView> aliases,
            Instant updatedAt) {}

    /** {@code Comparison} of the contract. */
    record ComparisonView(List<ModelView> versions, List<VersionComparison.Row> rows) {}

    record Description(String description) {}

    record TagContent(String value) {}

    record Move(String digest, String site) {}
}
