package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.deployment.DeploymentService;
import io.karu.aggregator.deployment.DesiredState;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.JobQuery;
import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The fleet and each gateway. */
final class GatewayRoutes {
    private static final int ALL = 1000;

    private final FleetService fleet;
    private final DeploymentService deployments;
    private final Gateways gateways;
    private final String account;
    private final ObjectMapper mapper;

    GatewayRoutes(Services services, Gateways gateways, ObjectMapper mapper) {
        this.fleet = services.fleet();
        this.deployments = services.deployments();
        this.account = services.about().account();
        this.gateways = gateways;
        this.mapper = mapper;
    }

    void install(RoutesConfig routes) {
        String one = "/api/v1/gateways/{clientId}";
        routes.get("/api/v1/gateways", this::list, Access.PERSON);
        routes.post("/api/v1/gateways", this::register, Access.ADMIN);
        routes.get(one, this::get, Access.PERSON);
        routes.put(one, this::describe, Access.PERSON);
        routes.delete(one, this::remove, Access.ADMIN);
        routes.post(one + "/credentials", this::renewCredentials, Access.ADMIN);
        routes.delete(one + "/conflict", this::dismissConflict, Access.OPERATOR);
        routes.post(one + "/refresh", this::refresh, Access.OPERATOR);
        routes.get(one + "/desired", this::desired, Access.PERSON);
        routes.put(one + "/desired", this::desire, Access.PERSON);
        routes.get(one + "/stations", this::stations, Access.PERSON);
        routes.get(one + "/evidence", this::evidence, Access.PERSON);
    }

    /** The gateway as lists and events show it. */
    GatewayView view(Gateway gateway) {
        return GatewayView.of(gateway, runningJob(gateway.id()));
    }

    private void list(Context ctx) {
        Map<GatewayId, Long> running =
                deployments
                        .list(new JobQuery(Optional.empty(), true, Optional.empty(), ALL))
                        .stream()
                        .collect(Collectors.toMap(Job::gateway, Job::id, Math::min));
        List<GatewayView> views =
                fleet.list().stream()
                        .map(
                                gateway ->
                                        GatewayView.of(
                                                gateway,
                                                Optional.ofNullable(running.get(gateway.id()))))
                        .toList();
        ctx.json(Map.of("gateways", views));
    }

    private void register(Context ctx) throws JsonProcessingException {
        New wanted = Bodies.json(ctx, mapper, New.class);
        GatewayId id = new GatewayId(account, Bodies.require("clientId", wanted.clientId()));
        ctx.status(201)
                .json(
                        GatewayView.Credentials.of(
                                fleet.register(id, text(wanted.site()), tags(wanted.tags()))));
    }

    private void get(Context ctx) {
        ctx.json(detail(fleet.get(gateways.ofPath(ctx))));
    }

    private void describe(Context ctx) throws JsonProcessingException {
        Description wanted = Bodies.json(ctx, mapper, Description.class);
        ctx.json(
                view(
                        fleet.describe(
                                gateways.ofPath(ctx), text(wanted.site()), tags(wanted.tags()))));
    }

    private void remove(Context ctx) {
        fleet.remove(gateways.ofPath(ctx));
        ctx.status(204);
    }

    private void renewCredentials(Context ctx) {
        ctx.status(201)
                .json(GatewayView.Credentials.of(fleet.renewCredentials(gateways.ofPath(ctx))));
    }

    private void dismissConflict(Context ctx) {
        ctx.json(view(fleet.dismissConflict(gateways.ofPath(ctx))));
    }

    private void refresh(Context ctx) {
        ctx.json(detail(fleet.refresh(gateways.ofPath(ctx))));
    }

    private void desired(Context ctx) {
        ctx.json(GatewayView.Desired.of(deployments.desired(gateways.ofPath(ctx))));
    }

    private void desire(Context ctx) throws JsonProcessingException {
        GatewayView.Desired wanted = Bodies.json(ctx, mapper, GatewayView.Desired.class);
        DesiredState state =
                new DesiredState(
                        Bodies.require("packages", wanted.packages()),
                        Bodies.require("models", wanted.models()),
                        Bodies.require("configurations", wanted.configurations()).stream()
                                .map(ConfigurationView.Desired::update)
                                .toList());
        ctx.json(GatewayView.Desired.of(deployments.desire(gateways.ofPath(ctx), state)));
    }

    private void stations(Context ctx) {
        JsonNode reply = fleet.ask(gateways.ofPath(ctx), "stations");
        ctx.json(Map.of("stations", reply.path("stations")));
    }

    private void evidence(Context ctx) {
        JsonNode reply = fleet.ask(gateways.ofPath(ctx), "evidence");
        ctx.json(Map.of("evidence", reply.path("evidence")));
    }

    private GatewayView.Detail detail(Gateway gateway) {
        return GatewayView.Detail.of(view(gateway), gateway, deployments.desired(gateway.id()));
    }

    private Optional<Long> runningJob(GatewayId id) {
        return deployments.list(new JobQuery(Optional.of(id), true, Optional.empty(), ALL)).stream()
                .map(Job::id)
                .min(Long::compare);
    }

    private static String text(String value) {
        return value == null ? "" : value.strip();
    }

    private static Set<String> tags(List<String> tags) {
        return tags == null ? Set.of() : Set.copyOf(tags);
    }

    record New(String clientId, String site, List<String> tags) {}

    record Description(String site, List<String> tags) {}
}
