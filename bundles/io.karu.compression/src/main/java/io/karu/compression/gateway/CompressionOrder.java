package io.karu.compression.gateway;

import com.google.gson.Gson;
import com.google.gson.JsonObject;

/**
 * What the worker shall do, in the job's folder as {@code order.json}.
 *
 * @param seed of every random choice
 * @param budget share of the golden frames that may be decided otherwise than the parent decides
 * @param rounds timed runs of each variant
 */
record CompressionOrder(long seed, double budget, int rounds) {
    static final String FILE = "order.json";
    private static final Gson GSON = new Gson();

    String toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("seed", seed);
        json.addProperty("budget", budget);
        json.addProperty("rounds", rounds);
        return json.toString();
    }

    static CompressionOrder parse(String text) {
        JsonObject json = GSON.fromJson(text, JsonObject.class);
        return new CompressionOrder(
                json.get("seed").getAsLong(),
                json.get("budget").getAsDouble(),
                json.get("rounds").getAsInt());
    }
}
