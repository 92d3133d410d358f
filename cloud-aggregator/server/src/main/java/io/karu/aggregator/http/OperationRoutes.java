package io.karu.aggregator.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.fleet.Health;
import io.karu.aggregator.metrics.Metrics;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Health, contract, backup and what the aggregator is. */
final class OperationRoutes {
    private final Services services;
    private final Supplier<String> base;

    OperationRoutes(Services services, Supplier<String> base) {
        this.services = services;
        this.base = base;
    }

    void install(RoutesConfig routes) {
        routes.get("/health/live", this::live, Access.ANYONE);
        routes.get("/health/ready", this::ready, Access.ANYONE);
        routes.get("/metrics", this::metrics, Access.PERSON);
        routes.get("/openapi.yaml", this::contract, Access.ANYONE);
        routes.get("/api/v1/about", this::about, Access.PERSON);
        routes.post("/api/v1/backup", this::backup, Access.ADMIN);
    }

    private void live(Context ctx) {
        ctx.json(Map.of("ok", true, "checks", List.of()));
    }

    private void ready(Context ctx) {
        List<Health.Check> checks =
                services.readiness().stream()
                        .map(
                                check -> {
                                    boolean ok = check.ok().get();
                                    return new Health.Check(
                                            check.name(), ok, ok ? "" : check.reasonWhenNot());
                                })
                        .toList();
        boolean ok = checks.stream().allMatch(Health.Check::ok);
        ctx.status(ok ? 200 : 503).json(Map.of("ok", ok, "checks", checks));
    }

    private void metrics(Context ctx) {
        ctx.contentType(Metrics.MEDIA_TYPE).result(services.metrics().scrape());
    }

    private void contract(Context ctx) throws IOException {
        try (InputStream file = OperationRoutes.class.getResourceAsStream("/openapi.yaml")) {
            ctx.contentType("application/yaml").result(file.readAllBytes());
        }
    }

    private void about(Context ctx) {
        Services.About about = services.about();
        ctx.json(
                Map.of(
                        "version", about.version(),
                        "account", about.account(),
                        "broker", about.brokerUrl(),
                        "base", base.get()));
    }

    private void backup(Context ctx) throws IOException {
        ctx.contentType("application/zip");
        ctx.header(
                "Content-Disposition",
                "attachment; filename=\"karu-backup-" + LocalDate.now() + ".zip\"");
        ctx.disableCompression();
        services.backup().writeTo(ctx.outputStream());
    }
}
