package io.karu.aggregator.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.GatewayReader;
import io.karu.aggregator.fleet.Health;
import io.karu.aggregator.fleet.Inventory;
import io.karu.aggregator.mqtt.Requester;
import io.karu.aggregator.mqtt.Requester.Reply;
import io.karu.aggregator.mqtt.Requester.Request;
import io.karu.kura.Method;
import io.karu.kura.Payload;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** What jobs ask of gateways. */
final class GatewayPort {
    static final String DEPLOY = "DEPLOY-V2";

    private final Function<GatewayId, Gateway> fleet;
    private final GatewayReader reader;
    private final Requester requester;
    private final Consumer<JobRun> checkpoint;
    private final DeploymentTimes times;

    GatewayPort(
            Function<GatewayId, Gateway> fleet,
            GatewayReader reader,
            Requester requester,
            Consumer<JobRun> checkpoint,
            DeploymentTimes times) {
        this.fleet = fleet;
        this.reader = reader;
        this.requester = requester;
        this.checkpoint = checkpoint;
        this.times = times;
    }

    Gateway get(GatewayId id) {
        return fleet.apply(id);
    }

    Inventory inventory(GatewayId id) {
        return reader.inventory(id);
    }

    Optional<Health> health(GatewayId id) {
        return reader.health(id);
    }

    boolean speaksKaru(GatewayId id) {
        return get(id).answers(GatewayReader.KARU);
    }

    /** Stores what the run remembers before a request leaves that must not be repeated blindly. */
    void checkpoint(JobRun run) {
        checkpoint.accept(run);
    }

    Reply deploy(GatewayId id, String resource, Payload payload) {
        return requester.answer(
                new Request(id, DEPLOY, Method.EXEC, resource, payload, times.request()));
    }

    Payload downloadStatus(GatewayId id) {
        return requester
                .ask(
                        new Request(
                                id,
                                DEPLOY,
                                Method.GET,
                                "download",
                                Payload.builder().build(),
                                times.request()))
                .payload();
    }

    void cancelDownload(GatewayId id) {
        requester.answer(
                new Request(
                        id,
                        DEPLOY,
                        Method.DEL,
                        "download",
                        Payload.builder().build(),
                        times.request()));
    }

    JsonNode karu(GatewayId id, Method method, String resource, Object body, Duration timeout) {
        return reader.karu(id, method, resource, body, timeout);
    }

    Reply configure(GatewayId id, Method method, String resource, Payload payload) {
        return requester.ask(
                new Request(id, "CONF-V2", method, resource, payload, times.request()));
    }
}
