package io.karu.compression;

import io.karu.learning.metric.Interval;
import io.karu.onnx.Graph;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One cell of the grid: a variant of a model with everything measured of it.
 *
 * @param scope {@code one-class} or {@code unified}
 * @param data name of the data
 * @param name what a column is called: {@code fp32}, a calibrator, {@code qat} …
 * @param precision {@code fp32}, {@code int8} or {@code mixed}
 * @param outcome what became of it
 * @param reason for the outcome, for a person
 * @param steps what was done, in order
 * @param metrics value and interval by name
 * @param timing of its runs, by turns with the other variants of its scope
 * @param speedup times as fast as its parent; absent for the parent
 * @param size of the model and of a run
 * @param clippedFraction part of the activations of evaluation images that lie outside their ranges
 * @param graph the model itself
 */
public record Variant(
        String scope,
        String data,
        String name,
        String precision,
        Fate outcome,
        String reason,
        List<String> steps,
        Map<String, Interval> metrics,
        Timing timing,
        Optional<Interval> speedup,
        Size size,
        double clippedFraction,
        Graph graph) {
    /** What became of a variant. */
    public enum Fate {
        /** It is the model that was compressed. */
        PARENT,
        /** It passed the guard and is the one to use. */
        CHOSEN,
        /** It passed the guard. */
        PASSED,
        /** The guard refused it. */
        REFUSED
    }

    /**
     * How large a model is.
     *
     * @param fileBytes of the ONNX file
     * @param memoryBytes resident memory that it takes, measured in a process of its own; empty
     *     where that was not measured
     * @param workingBytes weights and the activations that live at the same time, computed
     * @param macs multiply-accumulates of a run
     * @param parameters number of weights
     */
    public record Size(
            long fileBytes,
            OptionalLong memoryBytes,
            long workingBytes,
            long macs,
            long parameters) {
        /** The size with its measured memory. */
        public Size measured(OptionalLong bytes) {
            return new Size(fileBytes, bytes, workingBytes, macs, parameters);
        }
    }

    public Variant {
        Objects.requireNonNull(scope, "scope");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(outcome, "outcome");
        steps = List.copyOf(steps);
        metrics = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    }

    /** This variant with another outcome. */
    public Variant as(Fate other) {
        return new Variant(
                scope,
                data,
                name,
                precision,
                other,
                reason,
                steps,
                metrics,
                timing,
                speedup,
                size,
                clippedFraction,
                graph);
    }
}
