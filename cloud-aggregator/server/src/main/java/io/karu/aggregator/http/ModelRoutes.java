package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.registry.ModelRegistry;
import io.karu.aggregator.registry.ModelReport;
import io.karu.aggregator.registry.ModelReports;
import io.karu.aggregator.registry.ModelReports.Format;
import io.karu.aggregator.registry.ModelVersion;
import io.karu.api.model.ModelRef;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Model versions, and where they run. */
final class ModelRoutes {
    private static final String CHAMPION = "champion";
    private static final String REPORTS = "/api/v1/models/{name}/versions/{digest}/reports";

    private final ModelRegistry models;
    private final ModelReports reports;
    private final FleetService fleet;
    private final DeploymentRoutes deployments;
    private final Gateways gateways;
    private final ObjectMapper mapper;

    ModelRoutes(
            Services services,
            DeploymentRoutes deployments,
            Gateways gateways,
            ObjectMapper mapper) {
        this.models = services.registry().versions();
        this.reports = services.registry().reports();
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
        routes.get(REPORTS, this::reports, Access.PERSON);
        routes.get(REPORTS + "/{kind}", this::report, Access.PERSON);
        routes.put(REPORTS + "/{kind}", this::putReport, Access.PERSON);
        routes.get(installed, this::installed, Access.PERSON);
        routes.post(installed + "/{name}/activate", this::activate, Access.PERSON);
        routes.post(installed + "/{name}/rollback", this::rollback, Access.OPERATOR);
        routes.delete(installed + "/{name}/challenger", this::endChallenger, Access.ENGINEER);
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

    private ModelVersion version(Context ctx) {
        return models.get(ctx.pathParam("name"), ctx.pathParam("digest"));
    }

    private static ModelReport.Kind kind(Context ctx) {
        String kind = ctx.pathParam("kind");
        return Stream.of(ModelReport.Kind.values())
                .filter(known -> known.toString().equals(kind))
                .findFirst()
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.INVALID_ARGUMENT,
                                        "report "
                                                + kind
                                                + ": use training, evaluation or compression"));
    }

    private void reports(Context ctx) {
        ctx.json(
                Map.of(
                        "reports",
                        reports.list(version(ctx)).stream().map(ReportView::of).toList()));
    }

    private void report(Context ctx) {
        ctx.contentType("application/json")
                .result(reports.content(version(ctx), kind(ctx), Query.text(ctx, "report")));
    }

    private void putReport(Context ctx) throws IOException {
        boolean zip = "application/zip".equals(ctx.contentType());
        try (InputStream content = Bodies.file(ctx, Bodies.LARGEST_REPORT)) {
            ModelReports.Stored stored =
                    reports.put(
                            version(ctx),
                            kind(ctx),
                            zip ? Format.ZIP : Format.JSON,
                            content,
                            Guard.person(ctx));
            ctx.status(stored.isNew() ? 201 : 200).json(ReportView.of(stored.report()));
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

    private void endChallenger(Context ctx) {
        fleet.clearAlias(gateways.ofPath(ctx), ctx.pathParam("name"), ModelRef.CHALLENGER);
        ctx.status(204);
    }

    private static String alias(String wanted) {
        return wanted == null || wanted.isBlank() ? CHAMPION : wanted;
    }

    /** {@code ReportEntry} of the contract. */
    record ReportView(
            String kind,
            String digest,
            Instant createdAt,
            Instant storedAt,
            String storedBy,
            long size) {
        static ReportView of(ModelReport report) {
            return new ReportView(
                    report.kind().toString(),
                    report.digest(),
                    report.createdAt(),
                    report.storedAt(),
                    report.storedBy(),
                    report.size());
        }
    }

    record Installation(List<String> gateways) {}

    record Activation(String digest, String alias) {}

    record Rollback(String alias) {}
}
