package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.deployment.DeploymentService;
import io.karu.aggregator.deployment.Download;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.JobQuery;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.deployment.Order.Restart;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.deployment.PackageRepository;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.rollout.RolloutService;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Packages, the jobs that install them, and the downloads of those jobs. */
final class DeploymentRoutes {
    private static final int MOST_GATEWAYS = 1000;
    private static final int PAGE = 100;

    private final DeploymentService deployments;
    private final RolloutService rollouts;
    private final PackageRepository packages;
    private final Gateways gateways;
    private final ObjectMapper mapper;

    DeploymentRoutes(Services services, Gateways gateways, ObjectMapper mapper) {
        this.deployments = services.deployments();
        this.rollouts = services.rollouts();
        this.packages = services.packages();
        this.gateways = gateways;
        this.mapper = mapper;
    }

    void install(RoutesConfig routes) {
        routes.get("/api/v1/packages", this::listPackages, Access.PERSON);
        routes.post("/api/v1/packages", this::upload, Access.PERSON);
        routes.delete("/api/v1/packages/{package}/{version}", this::removePackage, Access.PERSON);
        routes.get(
                "/api/v1/packages/{package}/{version}/findings", this::checkPackage, Access.PERSON);
        routes.get("/api/v1/deployments", this::list, Access.PERSON);
        routes.post("/api/v1/deployments", this::create, Access.PERSON);
        routes.get("/api/v1/deployments/{id}", this::get, Access.PERSON);
        routes.post("/api/v1/deployments/{id}/retry", this::retry, Access.OPERATOR);
        routes.post("/api/v1/deployments/{id}/cancel", this::cancel, Access.OPERATOR);
        routes.get("/dl/{token}/{file}", this::download, Access.ANYONE);
    }

    /**
     * Queues one job on each gateway. A gateway that refuses does not keep the others from it; when
     * all refuse, the first refusal is thrown.
     */
    DeploymentView.Created onEach(List<String> clientIds, Function<GatewayId, Job> queue) {
        if (clientIds == null || clientIds.isEmpty() || clientIds.size() > MOST_GATEWAYS) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT, "gateways: name 1 to " + MOST_GATEWAYS);
        }
        List<DeploymentView> created = new ArrayList<>();
        List<DeploymentView.Refusal> refused = new ArrayList<>();
        AggregatorException first = null;
        for (String clientId : clientIds) {
            try {
                created.add(DeploymentView.of(queue.apply(gateways.byClientId(clientId))));
            } catch (AggregatorException e) {
                first = first == null ? e : first;
                refused.add(new DeploymentView.Refusal(clientId, e.code().name(), e.getMessage()));
            }
        }
        if (created.isEmpty()) {
            throw first;
        }
        return new DeploymentView.Created(created, refused);
    }

    private void listPackages(Context ctx) {
        ctx.json(Map.of("packages", packages.list().stream().map(PackageView::of).toList()));
    }

    private void upload(Context ctx) throws IOException {
        try (InputStream dp = Bodies.file(ctx, Bodies.LARGEST_PACKAGE)) {
            ctx.status(201).json(PackageView.of(packages.add(dp, Guard.person(ctx))));
        }
    }

    private void removePackage(Context ctx) {
        packages.remove(packageOf(ctx));
        ctx.status(204);
    }

    private void checkPackage(Context ctx) {
        GatewayId gateway =
                gateways.ofQuery(ctx)
                        .orElseThrow(
                                () ->
                                        new AggregatorException(
                                                Code.INVALID_ARGUMENT, "gateway is missing"));
        ctx.json(Map.of("findings", packages.findings(packageOf(ctx), gateway)));
    }

    private void list(Context ctx) {
        JobQuery query =
                new JobQuery(
                        gateways.ofQuery(ctx),
                        Query.flag(ctx, "active"),
                        Query.number(ctx, "before"),
                        Query.limit(ctx, PAGE));
        ctx.json(
                Map.of(
                        "deployments",
                        deployments.list(query).stream().map(DeploymentView::of).toList()));
    }

    private void create(Context ctx) throws JsonProcessingException {
        DeploymentView.New wanted = Bodies.json(ctx, mapper, DeploymentView.New.class);
        Order order =
                new Order.InstallPackage(
                        new PackageId(
                                Bodies.require("package", wanted.name()),
                                Bodies.require("version", wanted.version())),
                        wanted.restart() ? Restart.AFTER_INSTALL : Restart.NEVER);
        String person = Guard.person(ctx);
        ctx.status(201)
                .json(
                        onEach(
                                wanted.gateways(),
                                gateway ->
                                        deployments.create(
                                                gateway,
                                                order,
                                                wanted.notBefore() == null
                                                        ? Optional.empty()
                                                        : wanted.notBefore(),
                                                person)));
    }

    private void get(Context ctx) {
        long id = Query.id(ctx);
        ctx.json(DeploymentView.of(deployments.get(id), Optional.of(deployments.history(id))));
    }

    private void retry(Context ctx) {
        ctx.status(201)
                .json(DeploymentView.of(deployments.retry(Query.id(ctx), Guard.person(ctx))));
    }

    private void cancel(Context ctx) {
        ctx.json(DeploymentView.of(deployments.cancel(Query.id(ctx))));
    }

    /** Kura reads Content-Length and knows no chunks (protocol.md, 5). */
    private void download(Context ctx) throws IOException {
        Download download = deployments.download(ctx.pathParam("token"), ctx.pathParam("file"));
        ctx.contentType("application/octet-stream");
        ctx.disableCompression();
        ctx.res().setContentLengthLong(download.sizeBytes());
        try (InputStream file = Files.newInputStream(download.file())) {
            file.transferTo(rollouts.paced(download.job(), ctx.outputStream()));
        }
    }

    private static PackageId packageOf(Context ctx) {
        return new PackageId(ctx.pathParam("package"), ctx.pathParam("version"));
    }
}
