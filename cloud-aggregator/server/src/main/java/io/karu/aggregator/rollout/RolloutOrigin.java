package io.karu.aggregator.rollout;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who ordered a job, as {@code origin} of the job: a rollout, in which attempt, which of its
 * orders. By it a job that was ordered just before a restart is found again.
 */
final class RolloutOrigin {
    private static final Pattern FORM = Pattern.compile("rollout (\\d+), .*");

    private RolloutOrigin() {}

    /** Of one of the orders that bring the artefact. */
    static String step(long rollout, int attempt, int phase) {
        return of(rollout, attempt, "step " + (phase + 1));
    }

    /** Of one of the orders that bring back what was there. */
    static String back(long rollout, int attempt, int phase) {
        return of(rollout, attempt, phase == 0 ? "back" : "back, step " + (phase + 1));
    }

    private static String of(long rollout, int attempt, String which) {
        return "rollout " + rollout + ", attempt " + (attempt + 1) + ", " + which;
    }

    static Optional<Long> rollout(String origin) {
        Matcher form = FORM.matcher(origin);
        return form.matches() ? Optional.of(Long.valueOf(form.group(1))) : Optional.empty();
    }
}
