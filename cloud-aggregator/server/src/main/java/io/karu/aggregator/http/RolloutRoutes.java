package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.rollout.Instruction;
import io.karu.aggregator.rollout.Rollout;
import io.karu.aggregator.rollout.RolloutPlan;
import io.karu.aggregator.rollout.RolloutService;
import io.karu.aggregator.rollout.Verb;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Staged deliveries. */
final class RolloutRoutes {
    private static final int PAGE = 50;
    private static final int MEMBERS = 10_000;

    private final RolloutService rollouts;
    private final ObjectMapper mapper;

    RolloutRoutes(Services services, ObjectMapper mapper) {
        this.rollouts = services.rollouts();
        this.mapper = mapper;
    }

    void install(RoutesConfig routes) {
        routes.get("/api/v1/rollouts", this::list, Access.PERSON);
        routes.post("/api/v1/rollouts", this::create, Access.PERSON);
        routes.post("/api/v1/rollouts/preview", this::preview, Access.QUERY);
        routes.get("/api/v1/rollouts/{id}", this::get, Access.PERSON);
        routes.get("/api/v1/rollouts/{id}/gateways", this::members, Access.PERSON);
        routes.post("/api/v1/rollouts/{id}/{verb}", this::act, Access.PERSON);
    }

    RolloutView view(Rollout rollout) {
        return RolloutView.of(
                rollout, rollouts.describe(rollout.plan().artefact()), Optional.empty());
    }

    private void list(Context ctx) {
        ctx.json(
                Map.of(
                        "rollouts",
                        rollouts.list(Query.number(ctx, "before"), Query.limit(ctx, PAGE)).stream()
                                .map(this::view)
                                .toList()));
    }

    private void create(Context ctx) throws JsonProcessingException {
        RolloutPlan plan = Bodies.json(ctx, mapper, RolloutPlan.class);
        ctx.status(201).json(view(rollouts.create(plan, Guard.person(ctx))));
    }

    private void preview(Context ctx) throws JsonProcessingException {
        RolloutPlan plan = Bodies.json(ctx, mapper, RolloutPlan.class);
        Map<String, List<String>> groups = new LinkedHashMap<>();
        rollouts.preview(plan)
                .forEach(
                        (group, gateways) ->
                                groups.put(
                                        group,
                                        gateways.stream().map(GatewayId::clientId).toList()));
        ctx.json(Map.of("groups", groups, "approval", rollouts.needsApproval(plan)));
    }

    private void get(Context ctx) {
        Rollout rollout = rollouts.get(Query.id(ctx));
        ctx.json(
                RolloutView.of(
                        rollout,
                        rollouts.describe(rollout.plan().artefact()),
                        Optional.of(rollouts.history(rollout.id()))));
    }

    private void members(Context ctx) {
        Rollout rollout = rollouts.get(Query.id(ctx));
        Optional<String> state = Query.text(ctx, "state");
        ctx.json(
                Map.of(
                        "gateways",
                        rollouts.members(rollout.id()).stream()
                                .filter(m -> state.map(m.state().name()::equals).orElse(true))
                                .limit(MEMBERS)
                                .map(member -> RolloutView.Member.of(member, rollout.plan()))
                                .toList()));
    }

    private void act(Context ctx) throws JsonProcessingException {
        String word = ctx.pathParam("verb");
        Verb verb =
                Stream.of(Verb.values())
                        .filter(known -> known.word().equals(word))
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new AggregatorException(
                                                Code.ADDRESS_NOT_FOUND,
                                                "a rollout knows no "
                                                        + word
                                                        + "; it knows "
                                                        + Stream.of(Verb.values())
                                                                .map(Verb::word)
                                                                .collect(
                                                                        Collectors.joining(", "))));
        RolloutView.Said said = Bodies.json(ctx, mapper, RolloutView.Said.class);
        ctx.json(
                view(
                        rollouts.act(
                                Query.id(ctx),
                                new Instruction(
                                        verb, Guard.person(ctx), said.remark(), said.changed()))));
    }
}
