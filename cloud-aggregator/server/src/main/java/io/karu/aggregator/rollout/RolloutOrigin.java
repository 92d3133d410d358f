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

    /** {@code phase} −1: the way back. */
    static String of(long rollout, int attempt, int phase) {
        return "rollout "
                + rollout
                + ", attempt "
                + (attempt + 1)
                + ", "
                + (phase < 0 ? "back" : "step " + (phase + 1));
    }

    static Optional<Long> rollout(String origin) {
        Matcher form = FORM.matcher(origin);
        return form.matches() ? Optional.of(Long.valueOf(form.group(1))) : Optional.empty();
    }
}
