package io.karu.compression.gateway;

import com.google.gson.JsonObject;

/**
 * One compressed form of a model, in numbers.
 *
 * @param name for instance {@code mse + bias correction}
 * @param passed whether the guard lets it pass
 * @param reason what the guard found, for a person
 * @param bytes size of the graph
 * @param agreement share of the golden frames that it decides as its parent does, 0 to 1
 * @param scoreError mean distance of its scores from its parent's, 0 to 1
 * @param p50 milliseconds; half of the runs took at most this
 * @param p99 milliseconds
 * @param speedup how many times as fast as its parent at the median, in the same run
 */
public record Variant(
        String name,
        boolean passed,
        String reason,
        long bytes,
        double agreement,
        double scoreError,
        double p50,
        double p99,
        double speedup) {

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("name", name);
        json.addProperty("passed", passed);
        json.addProperty("reason", reason);
        json.addProperty("bytes", bytes);
        json.addProperty("agreement", agreement);
        json.addProperty("scoreError", scoreError);
        json.addProperty("p50Millis", p50);
        json.addProperty("p99Millis", p99);
        json.addProperty("speedup", speedup);
        return json;
    }

    static Variant read(JsonObject json) {
        return new Variant(
                json.get("name").getAsString(),
                json.get("passed").getAsBoolean(),
                json.get("reason").getAsString(),
                json.get("bytes").getAsLong(),
                json.get("agreement").getAsDouble(),
                json.get("scoreError").getAsDouble(),
                json.get("p50Millis").getAsDouble(),
                json.get("p99Millis").getAsDouble(),
                json.get("speedup").getAsDouble());
    }
}
