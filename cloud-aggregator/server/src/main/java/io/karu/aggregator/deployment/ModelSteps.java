package io.karu.aggregator.deployment;

import static io.karu.aggregator.deployment.JobState.SENDING;
import static io.karu.aggregator.deployment.JobState.VERIFYING;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.deployment.Job.FailureCode;
import io.karu.aggregator.deployment.Order.ActivateModel;
import io.karu.aggregator.deployment.Order.ClearModel;
import io.karu.aggregator.deployment.Order.RollBackModel;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayReader;
import io.karu.aggregator.security.ModelSigning;
import io.karu.aggregator.store.Json;
import io.karu.api.model.Digest;
import io.karu.kura.Method;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Changes what an alias of a model means (a version, the version before, nothing) and verifies it
 * by {@code GET/models}.
 */
final class ModelSteps implements JobSteps {
    /** A model bundle is found by the gateway some moments after its installation. */
    private static final int DISCOVERY_POLLS = 20;

    private final GatewayPort gateways;
    private final ModelSigning signing;
    private final DeploymentTimes times;

    ModelSteps(GatewayPort gateways, ModelSigning signing, DeploymentTimes times) {
        this.gateways = gateways;
        this.signing = signing;
        this.times = times;
    }

    @Override
    public void advance(JobRun run) {
        Gateway gateway = gateways.get(run.gateway());
        if (!gateway.online()) {
            awaitGateway(run, gateway);
        } else if (!gateways.speaksKaru(run.gateway())) {
            awaitUplink(run, gateway);
        } else {
            switch (run.state()) {
                case QUEUED -> prepare(run);
                case SENDING -> send(run);
                case VERIFYING -> verify(run);
                default ->
                        throw new IllegalStateException(
                                "job " + run.id() + " cannot be " + run.state());
            }
        }
    }

    private void prepare(JobRun run) {
        JsonNode models = models(run);
        String now = meaning(run, models).map(m -> m.path("digest").asText()).orElse("");
        run.remember(run.memo().digest(now));
        if (run.order() instanceof ActivateModel order && find(order, models).isEmpty()) {
            if (run.lastsLongerThan(times.poll().multipliedBy(DISCOVERY_POLLS))) {
                run.fail(
                        FailureCode.ACTIVATION_FAILED,
                        "the gateway has no version "
                                + order.digest()
                                + " of "
                                + order.name()
                                + "; install it first",
                        decides(run, now));
            } else {
                run.await(
                        times.poll(),
                        "waiting for the gateway to find " + order.name() + " " + order.digest());
            }
            return;
        }
        run.to(SENDING, "telling the gateway to " + describe(run.order()));
    }

    private void send(JobRun run) {
        String now = meaning(run, models(run)).map(m -> m.path("digest").asText()).orElse("");
        boolean mayBeDone = !(run.order() instanceof RollBackModel) || run.memo().sent();
        if (mayBeDone && wanted(run, now)) {
            run.to(VERIFYING, "asking what " + run.order().subject() + " means");
            return;
        }
        run.remember(run.memo().asSent());
        gateways.checkpoint(run);
        try {
            request(run);
            run.to(VERIFYING, "asking what " + run.order().subject() + " means");
        } catch (AggregatorException e) {
            if (e.code() == Code.GATEWAY_REFUSED) {
                run.fail(FailureCode.ACTIVATION_FAILED, e.getMessage(), decides(run, now));
            } else if (e.code() == Code.GATEWAY_NO_ANSWER) {
                run.remark(e.getMessage());
                run.to(VERIFYING, "asking what " + run.order().subject() + " means");
            } else {
                throw e;
            }
        }
    }

    private void request(JobRun run) {
        if (run.order() instanceof ActivateModel order) {
            activate(run, order);
        } else {
            Alias of = Alias.of(run.order());
            gateways.karu(
                    run.gateway(),
                    Method.EXEC,
                    run.order() instanceof RollBackModel ? "models/rollback" : "models/clear",
                    Map.of("contract", 1, "name", of.name(), "alias", of.alias()),
                    times.activation());
        }
    }

    /** A gateway that has accepted a later release goes back only by a signed order. */
    private void activate(JobRun run, ActivateModel order) {
        Map<String, Object> body =
                Map.of(
                        "contract",
                        1,
                        "name",
                        order.name(),
                        "alias",
                        order.alias(),
                        "digest",
                        order.digest());
        try {
            gateways.karu(run.gateway(), Method.EXEC, "models/activate", body, times.activation());
        } catch (AggregatorException e) {
            if (!"OUTDATED".equals(e.details().get("gatewayCode"))) {
                throw e;
            }
            run.remark("a later release has decided there; sending a signed rollback order");
            Map<String, Object> ordered = new HashMap<>(body);
            ordered.put("order", order(run, order));
            gateways.karu(
                    run.gateway(), Method.EXEC, "models/activate", ordered, times.activation());
        }
    }

    private JsonNode order(JobRun run, ActivateModel order) {
        String installation =
                gateways.karu(run.gateway(), Method.GET, "models", null, times.request())
                        .path("installation")
                        .asText();
        byte[] envelope =
                signing.rollbackOrder(installation, order.name(), new Digest(order.digest()))
                        .toBytes();
        return Json.tree(new String(envelope, StandardCharsets.UTF_8));
    }

    private void verify(JobRun run) {
        Optional<JsonNode> meaning = meaning(run, models(run));
        String digest = meaning.map(m -> m.path("digest").asText()).orElse("");
        boolean wanted = wanted(run, digest);
        if (wanted && run.order() instanceof ClearModel) {
            run.succeed(run.order().subject() + " means nothing any more");
        } else if (wanted && meaning.get().path("state").asText().equals("ACTIVE")) {
            run.remember(run.memo().digest(digest));
            run.succeed(
                    run.order().subject()
                            + " is "
                            + meaning.get().path("version").asText()
                            + " ("
                            + digest
                            + ") and ACTIVE");
        } else if (run.lastsLongerThan(times.health())) {
            String reason =
                    wanted
                            ? "the model is "
                                    + meaning.get().path("state").asText()
                                    + ": "
                                    + meaning.get().path("reason").asText()
                            : "the alias did not change";
            run.fail(FailureCode.ACTIVATION_FAILED, reason, decides(run, digest));
        } else {
            run.await(times.poll(), "waiting for " + run.order().subject() + " to be ACTIVE");
        }
    }

    /**
     * Whether the alias means what the order says; {@code digest} is empty when it means nothing.
     */
    private static boolean wanted(JobRun run, String digest) {
        if (run.order() instanceof ActivateModel order) {
            return order.digest().equals(digest);
        }
        return run.order() instanceof ClearModel
                ? digest.isEmpty()
                : !digest.isEmpty() && !digest.equals(run.memo().digestBefore().orElse(""));
    }

    private JsonNode models(JobRun run) {
        return gateways.karu(run.gateway(), Method.GET, "models", null, times.request())
                .path("models");
    }

    private static Optional<JsonNode> meaning(JobRun run, JsonNode models) {
        Alias of = Alias.of(run.order());
        return Models.meaning(models, of.name(), of.alias());
    }

    /** What the orders of this class change. */
    private record Alias(String name, String alias) {
        static Alias of(Order order) {
            if (order instanceof ActivateModel activate) {
                return new Alias(activate.name(), activate.alias());
            }
            if (order instanceof ClearModel clear) {
                return new Alias(clear.name(), clear.alias());
            }
            RollBackModel rollBack = (RollBackModel) order;
            return new Alias(rollBack.name(), rollBack.alias());
        }
    }

    private static Optional<JsonNode> find(ActivateModel order, JsonNode models) {
        for (JsonNode model : models) {
            if (model.path("name").asText().equals(order.name())
                    && model.path("digest").asText().equals(order.digest())) {
                return Optional.of(model);
            }
        }
        return Optional.empty();
    }

    private static String describe(Order order) {
        if (order instanceof ActivateModel a) {
            return "activate " + a.name() + " " + a.digest() + " as " + a.alias();
        }
        return order instanceof ClearModel
                ? "end the trial of " + order.subject()
                : "go back to the version of " + order.subject() + " before";
    }

    private static String decides(JobRun run, String digest) {
        return digest.isEmpty()
                ? run.order().subject() + " means nothing on the gateway"
                : digest + " decides";
    }

    private void awaitGateway(JobRun run, Gateway gateway) {
        Duration deadline = run.state() == JobState.QUEUED ? times.queued() : times.absence();
        if (run.lastsLongerThan(deadline)) {
            run.fail(
                    FailureCode.GATEWAY_GONE,
                    "the gateway did not come back within "
                            + deadline.toMinutes()
                            + " min: "
                            + gateway.reason(),
                    decides(run, run.memo().digestBefore().orElse("")) + " as far as known");
        } else {
            run.await(times.silence(), "waiting for the gateway: " + gateway.reason());
        }
    }

    private void awaitUplink(JobRun run, Gateway gateway) {
        boolean late =
                gateway.birth()
                        .filter(b -> Instant.now().isAfter(b.at().plus(times.applications())))
                        .isPresent();
        if (late && run.lastsLongerThan(times.applications())) {
            run.fail(
                    FailureCode.UNFIT,
                    "the gateway has no " + GatewayReader.KARU + "; install karu-base",
                    "nothing was changed");
        } else {
            run.await(times.poll(), "waiting for " + GatewayReader.KARU + " on the gateway");
        }
    }

    /** Reads {@code GET/models}. */
    static final class Models {
        private Models() {}

        /** The version that an alias means. */
        static Optional<JsonNode> meaning(JsonNode models, String name, String alias) {
            for (JsonNode model : models) {
                if (model.path("name").asText().equals(name)) {
                    for (JsonNode other : model.path("aliases")) {
                        if (other.asText().equals(alias)) {
                            return Optional.of(model);
                        }
                    }
                }
            }
            return Optional.empty();
        }
    }
}
