package io.karu.modelversion;

import com.google.gson.JsonObject;
import java.util.Objects;
import java.util.Optional;

/**
 * A measured value of a model version (docs/contracts.md §8).
 *
 * @param name what was measured, for instance {@code macro recall}
 * @param value rates as fractions
 * @param interval where the value lies, absent when not estimated
 * @param data name of the data
 * @param split name of the split and part, for instance {@code test.txt}; empty when there is none
 * @param samples how many samples, 0 when not told
 * @param baseline whether this is a trivial baseline, beside the value of the same name
 */
public record Metric(
        String name,
        double value,
        Optional<Interval> interval,
        String data,
        String split,
        long samples,
        boolean baseline) {

    /**
     * A confidence interval.
     *
     * @param confidence 0 to 1, for instance 0.95
     */
    public record Interval(double low, double high, double confidence) {
        public Interval {
            requireFinite("low", low);
            requireFinite("high", high);
            if (low > high || !(confidence > 0 && confidence < 1)) {
                throw new IllegalArgumentException(
                        "interval " + low + " to " + high + " at confidence " + confidence);
            }
        }
    }

    public Metric {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(interval, "interval");
        Objects.requireNonNull(data, "data");
        Objects.requireNonNull(split, "split");
        requireFinite(name, value);
        if (samples < 0) {
            throw new IllegalArgumentException(
                    "samples of metric " + name + " must be at least 0, was " + samples);
        }
    }

    /** A value of the model itself, without interval. */
    public static Metric of(String name, double value, String data, String split) {
        return new Metric(name, value, Optional.empty(), data, split, 0, false);
    }

    /** This metric with an interval of confidence 0.95. */
    public Metric within(double low, double high) {
        Optional<Interval> given = Optional.of(new Interval(low, high, 0.95));
        return new Metric(name, value, given, data, split, samples, baseline);
    }

    /** This metric with the number of samples it was measured on. */
    public Metric over(long count) {
        return new Metric(name, value, interval, data, split, count, baseline);
    }

    /** This metric as a trivial baseline's. */
    public Metric asBaseline() {
        return new Metric(name, value, interval, data, split, samples, true);
    }

    /** The metric as docs/contracts.md §8 writes it. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("name", name);
        json.addProperty("value", value);
        interval.ifPresent(
                range -> {
                    json.addProperty("low", range.low());
                    json.addProperty("high", range.high());
                    json.addProperty("confidence", range.confidence());
                });
        json.addProperty("data", data);
        json.addProperty("split", split);
        if (samples > 0) {
            json.addProperty("samples", samples);
        }
        if (baseline) {
            json.addProperty("baseline", true);
        }
        return json;
    }

    /** Reads a metric; IllegalArgumentException names the field. */
    static Metric read(JsonObject json) {
        String name = CardFile.string("metric name", json.get("name"));
        String of = " of metric " + name;
        Optional<Interval> interval = Optional.empty();
        if (json.has("low")) {
            interval =
                    Optional.of(
                            new Interval(
                                    CardFile.number("low" + of, json.get("low")),
                                    CardFile.number("high" + of, json.get("high")),
                                    CardFile.number("confidence" + of, json.get("confidence"))));
        }
        return new Metric(
                name,
                CardFile.number("value" + of, json.get("value")),
                interval,
                json.has("data") ? CardFile.string("data" + of, json.get("data")) : "",
                json.has("split") ? CardFile.string("split" + of, json.get("split")) : "",
                json.has("samples") ? CardFile.integer("samples" + of, json.get("samples")) : 0,
                json.has("baseline") && json.get("baseline").getAsBoolean());
    }

    private static void requireFinite(String what, double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(what + " must be a finite number, was " + value);
        }
    }
}
