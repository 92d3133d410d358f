package io.karu.station;

import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Finding;
import java.util.List;

/**
 * A decision with its sentence.
 *
 * @param decision what happens to the part
 * @param reason why, for a person
 * @param score what was held against the threshold
 */
record Judgement(Decision decision, String reason, double score) {
    /**
     * Decides from the findings at or above a threshold, highest score first. The finding that
     * completes the number needed decides; a score within the margin of the threshold is for a
     * person.
     *
     * @param highestBelow highest score of the frame that made no finding
     */
    static Judgement of(
            List<Finding> findings,
            double highestBelow,
            double threshold,
            int needed,
            double margin) {
        int count = findings.size();
        double score = count == 0 ? highestBelow : findings.get(0).score();
        if (count >= needed) {
            double deciding = findings.get(needed - 1).score();
            if (deciding < threshold + margin) {
                return new Judgement(
                        Decision.REVIEW,
                        defects(count)
                                + ", but "
                                + number(deciding)
                                + " is close to the threshold "
                                + number(threshold),
                        score);
            }
            return new Judgement(
                    Decision.REJECT, defects(count) + " at or above " + number(threshold), score);
        }
        if (margin > 0 && count == needed - 1 && highestBelow >= threshold - margin) {
            return new Judgement(
                    Decision.REVIEW,
                    "score "
                            + number(highestBelow)
                            + " is close to the threshold "
                            + number(threshold),
                    score);
        }
        return new Judgement(
                Decision.ACCEPT,
                count == 0
                        ? "no defect at or above " + number(threshold)
                        : defects(count) + ", fewer than the " + needed + " that reject",
                score);
    }

    /** A frame that was not inspected. */
    static Judgement review(String reason) {
        return new Judgement(Decision.REVIEW, reason, 0);
    }

    private static String defects(int count) {
        return count == 1 ? "1 defect" : count + " defects";
    }

    /** Two decimals; no format string, since every frame's sentence needs it. */
    private static String number(double value) {
        long hundredths = Math.round(value * 100);
        long fraction = hundredths % 100;
        return hundredths / 100 + (fraction < 10 ? ".0" : ".") + fraction;
    }
}
