package io.karu.station;

import io.karu.api.evidence.Evidence;
import io.karu.api.evidence.Evidence.Comparison;
import io.karu.api.inspection.Decision;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * When a challenger becomes champion by itself.
 *
 * @param enabled false: only by hand
 * @param frames that all stations together must have compared
 * @param agreement at least this share of them is decided alike
 * @param missed at most this share is rejected by the champion and accepted by the challenger
 * @param latency at most this many times the champion's p99, at every station
 */
record PromotionRule(
        boolean enabled, long frames, double agreement, double missed, double latency) {

    /**
     * What a rule says of a challenger.
     *
     * @param kept whether it may be promoted
     * @param reason one sentence for a person
     */
    record Outcome(boolean kept, String reason) {}

    /**
     * Reads a component's properties; what is absent has its default.
     *
     * @throws IllegalArgumentException naming the property, its value and what is allowed
     */
    static PromotionRule parse(Map<String, ?> properties) {
        Object enabled = properties.get("rule");
        if (enabled != null && !(enabled instanceof Boolean)) {
            throw new IllegalArgumentException(
                    "rule is \"" + enabled + "\": true or false is needed");
        }
        return new PromotionRule(
                Boolean.TRUE.equals(enabled),
                (long) number(properties, "frames", 1000, 1, 1e9),
                number(properties, "agreement", 0.99, 0, 1),
                number(properties, "missed", 0, 0, 1),
                number(properties, "latency", 1.5, 0.1, 100));
    }

    private static double number(
            Map<String, ?> properties, String key, double otherwise, double least, double most) {
        Object value = properties.get(key);
        if (value == null) {
            return otherwise;
        }
        if (!(value instanceof Number number)
                || !(number.doubleValue() >= least && number.doubleValue() <= most)) {
            throw new IllegalArgumentException(
                    key + " is \"" + value + "\": a number from " + least + " to " + most);
        }
        return number.doubleValue();
    }

    /**
     * Judges a challenger by what all stations have seen of it beside the present champion.
     *
     * @param seen of this challenger and this champion
     */
    Outcome judge(List<Evidence> seen) {
        long compared = 0;
        long agreed = 0;
        long accepted = 0;
        double slowest = 0;
        for (Evidence evidence : seen) {
            Comparison comparison = evidence.comparison().orElseThrow();
            compared += comparison.frames();
            agreed += comparison.agreed();
            accepted += comparison.count(Decision.REJECT, Decision.ACCEPT);
            double champion = comparison.championLatency().p99().toNanos();
            if (champion > 0) {
                slowest = Math.max(slowest, evidence.latency().p99().toNanos() / champion);
            }
        }
        String found =
                String.format(
                        Locale.ROOT,
                        "%d of %d frames compared, %.2f %% decided alike, %d missed, p99 %.2f times the champion's",
                        compared,
                        frames,
                        compared == 0 ? 0 : 100.0 * agreed / compared,
                        accepted,
                        slowest);
        Optional<String> broken =
                compared < frames
                        ? Optional.of("goes on")
                        : agreed < agreement * compared
                                ? Optional.of(bound("decided alike", 100 * agreement, " %"))
                                : accepted > missed * compared
                                        ? Optional.of(bound("missed", 100 * missed, " % at most"))
                                        : slowest > latency
                                                ? Optional.of(bound("p99", latency, " times"))
                                                : Optional.empty();
        return new Outcome(
                broken.isEmpty(), found + broken.map(why -> "; " + why).orElse("; keeps the rule"));
    }

    private static String bound(String what, double value, String unit) {
        return String.format(
                Locale.ROOT, "stays: %s breaks the bound of %.2f%s", what, value, unit);
    }
}
