package io.karu.worker;

import com.google.gson.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the child says on its standard output: one JSON object a line. */
final class Lines {
    static final String PROGRESS = "progress";
    static final String RESULT = "result";
    static final String FAILED = "failed";
    static final String CANCELLED = "cancelled";
    static final String KIND = "kind";

    private Lines() {}

    static JsonObject of(String kind) {
        JsonObject line = new JsonObject();
        line.addProperty(KIND, kind);
        return line;
    }

    static JsonObject of(WorkerProgress progress) {
        JsonObject line = of(PROGRESS);
        line.addProperty("stage", progress.stage());
        line.addProperty("step", progress.done());
        line.addProperty("of", progress.of());
        line.addProperty("unit", progress.unit());
        line.addProperty("rate", progress.rate());
        progress.left().ifPresent(left -> line.addProperty("secondsLeft", left.toMillis() / 1e3));
        JsonObject metrics = new JsonObject();
        progress.metrics()
                .forEach(
                        (name, value) -> {
                            if (Double.isFinite(value)) {
                                metrics.addProperty(name, value);
                            }
                        });
        line.add("metrics", metrics);
        line.addProperty("note", progress.note());
        return line;
    }

    static WorkerProgress progress(JsonObject line) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        line.getAsJsonObject("metrics")
                .entrySet()
                .forEach(each -> metrics.put(each.getKey(), each.getValue().getAsDouble()));
        return new WorkerProgress(
                line.get("stage").getAsString(),
                line.get("step").getAsLong(),
                line.get("of").getAsLong(),
                line.get("unit").getAsString(),
                line.get("rate").getAsDouble(),
                metrics,
                line.get("note").getAsString());
    }
}
