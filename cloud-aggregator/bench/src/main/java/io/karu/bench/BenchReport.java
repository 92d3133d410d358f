package io.karu.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * The result of one benchmark or evaluation: figures, required values beside them, seed and
 * machine.
 */
public final class BenchReport {
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final String name;
    private final String data;
    private final long seed;
    private final List<Figure> figures = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /** What a figure must be. */
    public record Bound(Relation relation, double value) {
        /** How a figure stands to its required value. */
        public enum Relation {
            AT_LEAST("≥"),
            AT_MOST("≤");

            private final String sign;

            Relation(String sign) {
                this.sign = sign;
            }
        }

        public static Bound atLeast(double value) {
            return new Bound(Relation.AT_LEAST, value);
        }

        public static Bound atMost(double value) {
            return new Bound(Relation.AT_MOST, value);
        }

        boolean holds(double measured) {
            return relation == Relation.AT_LEAST ? measured >= value : measured <= value;
        }

        @Override
        public String toString() {
            return relation.sign + " " + number(value);
        }
    }

    /**
     * One measured value.
     *
     * @param unit of value, required and aim; empty for a ratio or count
     */
    public record Figure(
            String name, double value, String unit, Optional<Bound> required, Optional<Bound> aim) {
        public Figure {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(unit, "unit");
            Objects.requireNonNull(required, "required");
            Objects.requireNonNull(aim, "aim");
        }

        boolean holds() {
            return required.map(bound -> bound.holds(value)).orElse(true);
        }
    }

    /**
     * Begins a report.
     *
     * @param data what was measured on: data set, split and count, for a person
     */
    public BenchReport(String name, String data, long seed) {
        this.name = name;
        this.data = data;
        this.seed = seed;
    }

    /** Adds a figure that is only told. */
    public BenchReport figure(String figure, double value, String unit) {
        figures.add(new Figure(figure, value, unit, Optional.empty(), Optional.empty()));
        return this;
    }

    /** Adds a figure with its required value. */
    public BenchReport figure(String figure, double value, String unit, Bound required) {
        figures.add(new Figure(figure, value, unit, Optional.of(required), Optional.empty()));
        return this;
    }

    /** Adds a figure with its required value and the value aimed at. */
    public BenchReport figure(String figure, double value, String unit, Bound required, Bound aim) {
        figures.add(new Figure(figure, value, unit, Optional.of(required), Optional.of(aim)));
        return this;
    }

    /** Adds a figure that has an aim but no required value. */
    public BenchReport aim(String figure, double value, String unit, Bound aim) {
        figures.add(new Figure(figure, value, unit, Optional.empty(), Optional.of(aim)));
        return this;
    }

    /** Adds a sentence for a person. */
    public BenchReport note(String note) {
        notes.add(note);
        return this;
    }

    /** True when every required value is met. */
    public boolean holds() {
        return figures.stream().allMatch(Figure::holds);
    }

    /** The report as one JSON object. */
    public String json() {
        ObjectNode report = JSON.createObjectNode();
        report.put("name", name).put("data", data).put("seed", seed);
        report.set("machine", JSON.valueToTree(Machine.here()));
        ObjectNode values = report.putObject("figures");
        for (Figure figure : figures) {
            ObjectNode value = values.putObject(figure.name()).put("value", figure.value());
            if (!figure.unit().isEmpty()) {
                value.put("unit", figure.unit());
            }
            figure.required()
                    .ifPresent(
                            bound ->
                                    value.put("required", bound.toString())
                                            .put("holds", figure.holds()));
            figure.aim()
                    .ifPresent(
                            bound ->
                                    value.put("aim", bound.toString())
                                            .put("aimHolds", bound.holds(figure.value())));
        }
        notes.forEach(report.withArray("notes")::add);
        report.put("holds", holds());
        return report.toPrettyString();
    }

    /** Prints the report as a table. */
    public void print(PrintStream out) {
        out.println(name + " on " + data + ", seed " + seed);
        out.println(Machine.here().sentence());
        out.printf("%n%-44s %12s %-8s %-12s %-12s%n", "", "measured", "", "required", "aim");
        for (Figure figure : figures) {
            out.printf(
                    "%-44s %12s %-8s %-12s %-12s %s%n",
                    figure.name(),
                    number(figure.value()),
                    figure.unit(),
                    figure.required().map(Bound::toString).orElse(""),
                    figure.aim().map(Bound::toString).orElse(""),
                    figure.holds() ? "" : "MISSED");
        }
        notes.forEach(note -> out.println("  " + note));
        out.println(holds() ? "holds" : "does not hold");
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e12
                ? String.format(Locale.ROOT, "%d", (long) value)
                : String.format(Locale.ROOT, "%.4g", value);
    }
}
