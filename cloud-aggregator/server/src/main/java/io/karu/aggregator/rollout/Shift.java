package io.karu.aggregator.rollout;

import io.karu.aggregator.rollout.GateResult.Outcome;
import io.karu.aggregator.rollout.Proportions.Compared;
import io.karu.aggregator.rollout.Proportions.Interval;
import io.karu.aggregator.rollout.Proportions.Paired;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** By how much a share has changed since, and the interval that the change lies in. */
record Shift(Compared compared, Interval interval) {
    static Shift of(Compared compared, double confidence) {
        return new Shift(compared, Proportions.difference(compared, confidence));
    }

    /** The stations where the artefact decides. */
    static Paired stations(GroupEvidence evidence) {
        Paired paired = new Paired();
        evidence.changed().forEach(member -> paired.add(member.before(), member.after()));
        return paired;
    }

    /**
     * Fails when the whole interval is beyond the allowed shift, passes when all of it is within.
     */
    Outcome outcome(double allowed) {
        if (interval.low() > allowed || interval.high() < -allowed) {
            return Outcome.FAILED;
        }
        return interval.low() >= -allowed && interval.high() <= allowed
                ? Outcome.PASSED
                : Outcome.WAITING;
    }

    String sentence(double confidence, double allowed) {
        return String.format(
                Locale.ROOT,
                "%+.1f points (%s %% interval %+.1f to %+.1f), %s are allowed",
                compared.shift() * 100,
                Figures.number(confidence * 100),
                interval.low() * 100,
                interval.high() * 100,
                Figures.number(allowed * 100));
    }

    Map<String, Double> values() {
        Map<String, Double> values = new TreeMap<>();
        values.put("before", compared.before());
        values.put("after", compared.after());
        values.put("frames", (double) compared.framesAfter());
        values.put("low", interval.low());
        values.put("high", interval.high());
        return values;
    }
}
