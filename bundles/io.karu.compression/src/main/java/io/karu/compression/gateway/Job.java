package io.karu.compression.gateway;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.karu.api.model.Digest;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A request to compress a model here, and how far it is. Kept as one JSON file.
 *
 * @param id for {@code cancel} and for a person
 * @param model model name
 * @param parent the version to compress
 * @param budget share of the golden frames that may be decided otherwise, 0 to 1
 * @param state see {@link State}
 * @param reason what it does, waits for or ended with, for a person
 * @param requestedAt when it was asked for
 * @param attempts how often work began; more than one after the gateway was interrupted
 * @param result what was measured; absent until the work is done
 * @param digest the version that was put into the gateway's store; absent unless it succeeded
 */
public record Job(
        String id,
        String model,
        Digest parent,
        double budget,
        State state,
        String reason,
        Instant requestedAt,
        int attempts,
        Optional<CompressionResult> result,
        Optional<Digest> digest) {
    private static final Gson GSON = new Gson();

    /** Where a job stands. */
    public enum State {
        /** Waits for its turn, for services or for frames; reason says for what. */
        WAITING,
        /** The worker calibrates and measures. */
        RUNNING,
        /** The chosen version is in the gateway's store. */
        SUCCEEDED,
        /** No variant kept its promise; the numbers say why. */
        REFUSED,
        /** Not done; reason says why. */
        FAILED,
        /** Somebody did not want it any more. */
        CANCELLED;

        /** Whether nothing more will happen. */
        public boolean isFinal() {
            return this != WAITING && this != RUNNING;
        }
    }

    public Job {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(parent, "parent");
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(requestedAt, "requestedAt");
        Objects.requireNonNull(result, "result");
        Objects.requireNonNull(digest, "digest");
    }

    Job in(State next, String because) {
        return new Job(
                id, model, parent, budget, next, because, requestedAt, attempts, result, digest);
    }

    Job begun() {
        return new Job(
                id,
                model,
                parent,
                budget,
                State.RUNNING,
                "begins",
                requestedAt,
                attempts + 1,
                result,
                digest);
    }

    Job ended(State end, String because, CompressionResult found, Optional<Digest> stored) {
        return new Job(
                id,
                model,
                parent,
                budget,
                end,
                because,
                requestedAt,
                attempts,
                Optional.of(found),
                stored);
    }

    /** The job as files and {@code GET/compression/jobs} have it. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("job", id);
        json.addProperty("model", model);
        json.addProperty("parent", parent.value());
        json.addProperty("budget", budget);
        json.addProperty("state", state.name());
        json.addProperty("reason", reason);
        json.addProperty("requestedAt", requestedAt.toString());
        json.addProperty("attempts", attempts);
        result.ifPresent(found -> json.add("result", found.toJson()));
        digest.ifPresent(stored -> json.addProperty("digest", stored.value()));
        return json;
    }

    /** RuntimeException when the text is damaged. */
    static Job parse(String text) {
        JsonObject json = GSON.fromJson(text, JsonObject.class);
        return new Job(
                json.get("job").getAsString(),
                json.get("model").getAsString(),
                new Digest(json.get("parent").getAsString()),
                json.get("budget").getAsDouble(),
                State.valueOf(json.get("state").getAsString()),
                json.get("reason").getAsString(),
                Instant.parse(json.get("requestedAt").getAsString()),
                json.get("attempts").getAsInt(),
                Optional.ofNullable(json.getAsJsonObject("result")).map(CompressionResult::read),
                Optional.ofNullable(json.get("digest"))
                        .map(JsonElement::getAsString)
                        .map(Digest::new));
    }
}
