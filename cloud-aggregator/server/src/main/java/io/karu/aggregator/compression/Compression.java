package io.karu.aggregator.compression;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.fleet.GatewayId;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * A model version that a gateway compresses, or has compressed.
 *
 * @param job the gateway's name of it
 * @param model name
 * @param parent digest of the version that is compressed
 * @param state as the gateway last told it (docs/contracts.md, 2)
 * @param told the whole job as the gateway last told it: reason, variants
 * @param registered digest of the version in the registry that came of it
 * @param note what the aggregator does with it, or what hinders it; empty when there is nothing to
 *     say
 */
public record Compression(
        GatewayId gateway,
        String job,
        String model,
        String parent,
        String state,
        JsonNode told,
        String requestedBy,
        Instant requestedAt,
        Optional<String> registered,
        String note) {
    private static final Set<String> ENDED = Set.of("SUCCEEDED", "REFUSED", "FAILED", "CANCELLED");

    /** Whether the gateway has ended it. */
    boolean ended() {
        return ENDED.contains(state);
    }

    /**
     * Whether the aggregator still has something to do: ask how far it is, or fetch what was made.
     */
    boolean open() {
        return !ended() || state.equals("SUCCEEDED") && registered.isEmpty();
    }

    /** As the gateway tells it now. */
    Compression told(JsonNode job) {
        return new Compression(
                gateway,
                this.job,
                model,
                parent,
                job.path("state").asText(),
                job,
                requestedBy,
                requestedAt,
                registered,
                note);
    }

    Compression noted(String what) {
        return new Compression(
                gateway,
                job,
                model,
                parent,
                state,
                told,
                requestedBy,
                requestedAt,
                registered,
                what);
    }

    Compression registered(String digest) {
        return new Compression(
                gateway,
                job,
                model,
                parent,
                state,
                told,
                requestedBy,
                requestedAt,
                Optional.of(digest),
                "");
    }
}
