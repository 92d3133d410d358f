package io.karu.compression.kura;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.karu.api.model.ModelException;
import io.karu.api.uplink.UplinkException;
import io.karu.compression.gateway.Job;
import java.util.Optional;

/** Reading and answering requests about compression (docs/contracts.md §2). */
final class CompressionRequest {
    private static final int CONTRACT = 1;
    private static final Gson GSON = new Gson();

    private final JsonObject body;

    private CompressionRequest(JsonObject body) {
        this.body = body;
    }

    /** What is done with a request. */
    interface Action<T> {
        T apply(CompressionRequest request) throws ModelException;
    }

    /** Answers with the job as it is now. */
    static String answer(String text, Action<Job> action) throws UplinkException {
        return reply(text, request -> action.apply(request).toJson());
    }

    /** Answers with these fields. */
    static String reply(String text, Action<JsonObject> action) throws UplinkException {
        try {
            JsonObject reply = reply();
            action.apply(parse(text)).entrySet().forEach(e -> reply.add(e.getKey(), e.getValue()));
            return reply.toString();
        } catch (ModelException e) {
            int status =
                    switch (e.code()) {
                        case NOT_FOUND -> 404;
                        case AMBIGUOUS, REJECTED_BEFORE -> 400;
                        default -> 500;
                    };
            throw new UplinkException(status, e.code().name(), e.getMessage());
        } catch (IllegalArgumentException
                | JsonParseException
                | UnsupportedOperationException
                | IllegalStateException e) {
            throw new UplinkException(400, "BAD_REQUEST", e.getMessage());
        }
    }

    static JsonObject reply() {
        JsonObject reply = new JsonObject();
        reply.addProperty("contract", CONTRACT);
        return reply;
    }

    private static CompressionRequest parse(String text) {
        JsonObject json = GSON.fromJson(text, JsonObject.class);
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
        return new CompressionRequest(json);
    }

    String text(String field) {
        if (!body.has(field)) {
            throw new IllegalArgumentException(field + " is missing");
        }
        return body.get(field).getAsString();
    }

    Optional<Double> number(String field) {
        return Optional.ofNullable(body.get(field)).map(value -> value.getAsDouble());
    }
}
