package io.karu.learning.djl;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** What was measured in the epochs of a run so far. */
public final class History {
    /**
     * One epoch.
     *
     * @param number counts from 1
     * @param training averages over its steps: the loss and what the objective noted
     * @param validation what validation measured; empty without one
     * @param rate learning rate of its last step
     * @param seconds how long it took, validation included
     */
    public record Epoch(
            int number,
            Map<String, Double> training,
            Map<String, Double> validation,
            double rate,
            double seconds) {
        public Epoch {
            training = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(training));
            validation = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(validation));
        }
    }

    private final List<Epoch> epochs = new ArrayList<>();
    private int best;

    History() {}

    /** The epochs that are done. */
    public List<Epoch> epochs() {
        return List.copyOf(epochs);
    }

    /** Number of the epoch whose weights are kept; empty without validation. */
    public OptionalInt best() {
        return best == 0 ? OptionalInt.empty() : OptionalInt.of(best);
    }

    /** Time spent in the epochs, in seconds. */
    public double seconds() {
        return epochs.stream().mapToDouble(Epoch::seconds).sum();
    }

    void add(Epoch epoch, boolean isBest) {
        epochs.add(epoch);
        if (isBest) {
            best = epoch.number;
        }
    }

    /** The {@code curves} of a training report (docs/contracts.md §8). */
    public JsonArray curves() {
        JsonArray curves = new JsonArray();
        Set<String> names = new LinkedHashSet<>();
        for (Epoch epoch : epochs) {
            names.addAll(epoch.training.keySet());
            names.addAll(epoch.validation.keySet());
        }
        for (String name : names) {
            JsonObject curve = curve(name, curves);
            series(curve, "training", name, true);
            series(curve, "validation", name, false);
        }
        JsonObject rate = curve("learning rate", curves);
        rate.addProperty("scale", "log");
        JsonArray points = points(rate, "learning rate");
        epochs.stream().filter(e -> e.rate > 0).forEach(e -> points.add(point(e.number, e.rate)));
        return curves;
    }

    private JsonObject curve(String name, JsonArray curves) {
        JsonObject curve = new JsonObject();
        curve.addProperty("name", name);
        curve.addProperty("axis", "epoch");
        if (best > 0) {
            curve.addProperty("best", best);
        }
        curve.add("series", new JsonArray());
        curves.add(curve);
        return curve;
    }

    private void series(JsonObject curve, String series, String name, boolean training) {
        JsonArray points = new JsonArray();
        for (Epoch epoch : epochs) {
            Double value = (training ? epoch.training : epoch.validation).get(name);
            if (value != null && Double.isFinite(value)) {
                points.add(point(epoch.number, value));
            }
        }
        if (points.size() > 0) {
            points(curve, series).addAll(points);
        }
    }

    private static JsonArray points(JsonObject curve, String name) {
        JsonObject series = new JsonObject();
        JsonArray points = new JsonArray();
        series.addProperty("name", name);
        series.add("points", points);
        curve.getAsJsonArray("series").add(series);
        return points;
    }

    private static JsonArray point(double x, double y) {
        JsonArray point = new JsonArray();
        point.add(x);
        point.add(y);
        return point;
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("best", best);
        JsonArray list = new JsonArray();
        for (Epoch epoch : epochs) {
            JsonObject one = new JsonObject();
            one.addProperty("number", epoch.number);
            one.add("training", numbers(epoch.training));
            one.add("validation", numbers(epoch.validation));
            one.addProperty("rate", epoch.rate);
            one.addProperty("seconds", epoch.seconds);
            list.add(one);
        }
        json.add("epochs", list);
        return json;
    }

    static History of(JsonObject json) {
        History history = new History();
        history.best = json.get("best").getAsInt();
        for (var element : json.getAsJsonArray("epochs")) {
            JsonObject one = element.getAsJsonObject();
            history.epochs.add(
                    new Epoch(
                            one.get("number").getAsInt(),
                            numbers(one.getAsJsonObject("training")),
                            numbers(one.getAsJsonObject("validation")),
                            one.get("rate").getAsDouble(),
                            one.get("seconds").getAsDouble()));
        }
        return history;
    }

    static JsonObject numbers(Map<String, Double> values) {
        JsonObject json = new JsonObject();
        // As text: exact, and NaN is possible.
        values.forEach((name, value) -> json.addProperty(name, Double.toString(value)));
        return json;
    }

    static Map<String, Double> numbers(JsonObject json) {
        Map<String, Double> values = new LinkedHashMap<>();
        json.entrySet().forEach(e -> values.put(e.getKey(), e.getValue().getAsDouble()));
        return values;
    }
}
