package io.karu.models;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.Models;
import io.karu.api.uplink.UplinkException;
import java.util.Optional;

/**
 * Body of a request that moves an alias.
 *
 * @param digest absent in a rollback
 * @param order signed rollback order; absent unless an older release shall decide
 */
record AliasRequest(String name, String alias, Optional<Digest> digest, Optional<String> order) {
    private static final int CONTRACT = 1;
    private static final Gson GSON = new Gson();

    /** What is done with a request; returns the digest that decides now. */
    interface Change {
        Digest apply(AliasRequest request) throws ModelException;
    }

    /** Answers a request: parses it, applies the change, and reports what the alias means now. */
    static String answer(String body, Models models, Change change) throws UplinkException {
        try {
            AliasRequest request = parse(body);
            Digest digest = change.apply(request);
            JsonObject reply = reply();
            reply.addProperty("name", request.name());
            reply.addProperty("alias", request.alias());
            reply.addProperty("digest", digest.value());
            reply.addProperty("generation", generation(models, digest));
            return reply.toString();
        } catch (ModelException e) {
            throw new UplinkException(status(e.code()), e.code().name(), e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new UplinkException(400, "BAD_REQUEST", e.getMessage());
        }
    }

    static JsonObject reply() {
        JsonObject reply = new JsonObject();
        reply.addProperty("contract", CONTRACT);
        return reply;
    }

    /** The digest of an activation. IllegalArgumentException when absent. */
    Digest requireDigest() {
        return digest.orElseThrow(() -> new IllegalArgumentException("digest is missing"));
    }

    private static AliasRequest parse(String body) {
        try {
            JsonObject json = GSON.fromJson(body, JsonObject.class);
            if (json == null) {
                throw new IllegalArgumentException("the body is empty");
            }
            if (json.has("contract") && json.get("contract").getAsInt() > CONTRACT) {
                throw new IllegalArgumentException(
                        "contract "
                                + json.get("contract")
                                + " is newer than this gateway's "
                                + CONTRACT);
            }
            return new AliasRequest(
                    ModelRef.requireName(text(json, "name").orElse(null)),
                    text(json, "alias").orElse(ModelRef.CHAMPION),
                    text(json, "digest").map(Digest::new),
                    Optional.ofNullable(json.get("order")).map(JsonElement::toString));
        } catch (JsonParseException | UnsupportedOperationException | IllegalStateException e) {
            throw new IllegalArgumentException(
                    "the body is not the expected JSON: " + e.getMessage());
        }
    }

    private static Optional<String> text(JsonObject json, String field) {
        return Optional.ofNullable(json.get(field)).map(value -> value.getAsString());
    }

    private static long generation(Models models, Digest digest) {
        return models.status().stream()
                .filter(status -> status.digest().equals(digest))
                .mapToLong(ModelStatus::generation)
                .findFirst()
                .orElse(0);
    }

    private static int status(ModelException.Code code) {
        return switch (code) {
            case NOT_FOUND -> 404;
            case NO_ENGINE, STORE_FAILED, BUSY -> 500;
            default -> 400;
        };
    }
}
