package io.karu.compression;

import io.karu.learning.metric.Interval;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Lets a compressed model pass only when its own runs show that it keeps its promise: for every
 * budget the upper end of the interval of its loss lies within it, and it is faster than its parent
 * on this processor.
 */
public final class Guard {
    private final List<Budget> budgets;
    private final PairedBootstrap bootstrap;

    /**
     * What the guard found.
     *
     * @param passed whether the model may be used
     * @param reason for a person
     * @param losses by metric
     * @param speedup times as fast as the parent
     */
    public record Judgement(
            boolean passed, String reason, Map<String, Interval> losses, Interval speedup) {
        public Judgement {
            losses = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(losses));
        }
    }

    /**
     * A guard over at least one budget.
     *
     * @param budgets one for each metric that must be kept
     */
    public Guard(List<Budget> budgets, PairedBootstrap bootstrap) {
        this.budgets = List.copyOf(budgets);
        this.bootstrap = bootstrap;
        if (budgets.isEmpty()) {
            throw new IllegalArgumentException("a guard needs at least one budget");
        }
    }

    /**
     * Judges a model by what it did on the same samples and in the same rounds as its parent.
     *
     * @throws IllegalArgumentException when a budget's metric was not measured
     */
    public Judgement judge(
            List<Outcome> parent, List<Outcome> child, Timing parentTiming, Timing childTiming) {
        Map<String, Interval> losses = new LinkedHashMap<>();
        List<String> faults = new ArrayList<>();
        List<String> kept = new ArrayList<>();
        for (Budget budget : budgets) {
            Outcome before = find(parent, budget.metric());
            Interval loss = bootstrap.loss(before, find(child, budget.metric()));
            losses.put(budget.metric(), loss);
            if (loss.value() > budget.loss()) {
                faults.add(
                        "loses "
                                + text(loss)
                                + " of "
                                + budget.metric()
                                + ", allowed are "
                                + points(budget.loss()));
            } else if (loss.high() > budget.loss()) {
                faults.add(
                        "may lose up to "
                                + points(loss.high())
                                + " of "
                                + budget.metric()
                                + ", allowed are "
                                + points(budget.loss())
                                + ": measured "
                                + text(loss)
                                + " on "
                                + before.samples()
                                + " samples");
            } else {
                kept.add("loses " + text(loss) + " of " + budget.metric());
            }
        }
        Interval speedup = childTiming.speedup(parentTiming, bootstrap);
        if (speedup.low() <= 1) {
            faults.add(
                    String.format(
                            Locale.ROOT,
                            "is not faster here: %.2f times its parent's speed (%.2f to %.2f)",
                            speedup.value(),
                            speedup.low(),
                            speedup.high()));
        } else {
            kept.add(
                    String.format(
                            Locale.ROOT,
                            "runs %.2f times as fast (%.2f to %.2f)",
                            speedup.value(),
                            speedup.low(),
                            speedup.high()));
        }
        return new Judgement(
                faults.isEmpty(),
                String.join("; ", faults.isEmpty() ? kept : faults),
                losses,
                speedup);
    }

    private static Outcome find(List<Outcome> outcomes, String metric) {
        return outcomes.stream()
                .filter(outcome -> outcome.metric().equals(metric))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "the budget names "
                                                + metric
                                                + "; measured were "
                                                + outcomes.stream().map(Outcome::metric).toList()));
    }

    private static String text(Interval loss) {
        return String.format(
                Locale.ROOT,
                "%s (%.2f to %.2f)",
                points(loss.value()),
                loss.low() * 100,
                loss.high() * 100);
    }

    private static String points(double loss) {
        return String.format(Locale.ROOT, "%.2f points", loss * 100);
    }
}
