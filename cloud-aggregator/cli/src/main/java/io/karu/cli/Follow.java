package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Follows deployments to their end. */
final class Follow {
    private static final Set<String> ENDED = Set.of("SUCCEEDED", "FAILED", "CANCELLED");
    private static final long PAUSE_MILLIS = 500;

    private final Api api;
    private final Output output;
    private final Map<Long, String> told = new HashMap<>();

    Follow(Api api, Output output) {
        this.api = api;
        this.output = output;
    }

    /** Tells and follows what {@code CreatedDeployments} holds; the exit code. */
    int created(JsonNode created, boolean noWait) {
        Set<Long> open = new LinkedHashSet<>();
        created.path("deployments").forEach(d -> open.add(d.path("id").asLong()));
        boolean refused = !created.path("refused").isEmpty();
        if (!output.asJson()) {
            created.path("deployments").forEach(this::tell);
            created.path("refused")
                    .forEach(
                            r ->
                                    output.line(
                                            text(r, "gateway")
                                                    + " refused: "
                                                    + text(r, "code")
                                                    + ": "
                                                    + text(r, "detail")));
        }
        ArrayNode ended = Api.JSON.createArrayNode();
        if (noWait) {
            created.path("deployments").forEach(ended::add);
        } else {
            await(open, ended);
        }
        if (output.asJson()) {
            output.line(Output.pretty(ended));
        }
        boolean failed = false;
        for (JsonNode one : ended) {
            failed |= Set.of("FAILED", "CANCELLED").contains(text(one, "state"));
        }
        return refused || failed ? Refused.FAILED : 0;
    }

    /** Follows one deployment; the exit code. */
    int one(JsonNode deployment, boolean noWait) {
        var created = Api.JSON.createObjectNode();
        created.putArray("deployments").add(deployment);
        created.putArray("refused");
        return created(created, noWait);
    }

    private void await(Set<Long> open, ArrayNode ended) {
        while (!open.isEmpty()) {
            for (Long id : Set.copyOf(open)) {
                JsonNode now = api.get("/api/v1/deployments/" + id);
                if (!output.asJson()) {
                    tell(now);
                }
                if (ENDED.contains(text(now, "state"))) {
                    open.remove(id);
                    ended.add(now);
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(open.isEmpty() ? 0 : PAUSE_MILLIS));
        }
    }

    private void tell(JsonNode deployment) {
        String line = describe(deployment);
        if (!line.equals(told.put(deployment.path("id").asLong(), line))) {
            output.line(line);
        }
    }

    static String describe(JsonNode deployment) {
        JsonNode failure = deployment.path("failure");
        String why =
                failure.isMissingNode()
                        ? text(deployment, "step")
                        : text(failure, "code")
                                + ": "
                                + text(failure, "reason")
                                + "; "
                                + text(failure, "outcome");
        String version = deployment.path("version").asText("");
        return "job "
                + text(deployment, "id")
                + "  "
                + text(deployment, "gateway")
                + "  "
                + text(deployment, "subject")
                + (version.isEmpty()
                        ? ""
                        : " " + (version.startsWith("sha256:") ? Output.digest(version) : version))
                + "  "
                + text(deployment, "state")
                + "  "
                + why;
    }
}
