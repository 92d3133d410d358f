package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.registry.ModelRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** Model versions, and where they run. */
final class ModelRoutes {
    private static final String CHAMPION = "champion";

    private final ModelRegistry models;
    private final FleetService fleet;
    private final DeploymentRoutes deployments;
    private final Gateways gateways;
    private final ObjectMapper mapper;

    ModelRoutes(
            Services services,
            DeploymentRoutes deployments,
            Gateways gateways,
            ObjectMapper mapper) {
        this.models = services.models();
        this.fleet = services.fleet();
        this.deployments = deployments;
        this.gateways = gateways;
        this.mapper = mapper;
    }

    void install(RoutesConfig routes) {
        String installed = "/api/v1/gateways/{clientId}/models";
        routes.get("/api/v1/models", this::list, Access.PERSON);
        routes.post("/api/v1/models", this::upload, Access.PERSON);
        routes.get("/api/v1/models/{name}", this::versions, Access.PERSON);
        routes.post(
                "/api/v1/models/{name}/versions/{digest}/install", this::install, Access.PERSON);
        routes.get(installed, this::installed, Access.PERSON);
        routes.post(installed + "/{name}/activate", this::activate, Access.PERSON);
        routes.post(installed + "/{name}/rollback", this::rollback, Access.PERSON);
    }

    private void list(Context ctx) {
        ctx.json(Map.of("versions", models.list().stream().map(ModelView::of).toList()));
    }

    private void versions(Context ctx) {
        ctx.json(
                Map.of(
                        "versions",
                        models.versions(ctx.pathParam("name")).stream()
                                .map(ModelView::of)
                                .toList()));
    }

    private void upload(Context ctx) throws IOException {
        try (InputStream zip = Bodies.file(ctx, Bodies.LARGEST_MODEL)) {
            ctx.status(201).json(ModelView.of(models.register(zip, Guard.person(ctx))));
        }
    }

    private void install(Context ctx) throws JsonProcessingException {
        Installation wanted = Bodies.json(ctx, mapper, Installation.class);
        String person = Guard.person(ctx);
        ctx.status(201)
                .json(
                        deployments.onEach(
                                wanted.gateways(),
                                gateway ->
                                        models.install(
                                                gateway,
                                                ctx.pathParam("name"),
                                                ctx.pathParam("digest"),
                                                person)));
    }

    private void installed(Context ctx) {
        ctx.json(Map.of("models", fleet.ask(gateways.ofPath(ctx), "models").path("models")));
    }

    private void activate(Context ctx) throws JsonProcessingException {
        Activation wanted = Bodies.json(ctx, mapper, Activation.class);
        ctx.status(201)
                .json(
                        DeploymentView.of(
                                models.activate(
                                        gateways.ofPath(ctx),
                                        ctx.pathParam("name"),
                                        alias(wanted.alias()),
                                        Bodies.require("digest", wanted.digest()),
                                        Guard.person(ctx))));
    }

    private void rollback(Context ctx) throws JsonProcessingException {
        Rollback wanted = Bodies.json(ctx, mapper, Rollback.class);
        ctx.status(201)
                .json(
                        DeploymentView.of(
                                models.rollBack(
                                        gateways.ofPath(ctx),
                                        ctx.pathParam("name"),
                                        alias(wanted.alias()),
                                        Guard.person(ctx))));
    }

    private static String alias(String wanted) {
        return wanted == null || wanted.isBlank() ? CHAMPION : wanted;
    }

    record Installation(List<String> gateways) {}

    record Activation(String digest, String alias) {}

    record Rollback(String alias) {}
}
