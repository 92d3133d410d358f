package io.karu.learning.anomaly;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Scores of good parts of one product that the model was not built from, and the thresholds that
 * follow from them without any assumption on their distribution.
 *
 * <p>The k-th smallest of n scores exceeds the scores of at least 1 − r of all good parts with
 * confidence P(Binomial(n, 1 − r) &lt; k) (Wilks 1941, one-sided tolerance bound): the smallest
 * such k that reaches the wanted confidence gives the threshold. Kept in a model's card, so the
 * threshold can be set anew for another rate without the images.
 */
public final class GoodScores {
    private static final int KEPT = 64;

    private final int count;
    private final double[] highest;

    /** How a threshold is judged. */
    public record Threshold(double value, double falseRejectRate, double confidence) {}

    private GoodScores(int count, double[] highest) {
        this.count = count;
        this.highest = highest;
    }

    /** Keeps the {@value #KEPT} highest of the scores, whose order does not matter. */
    public static GoodScores of(double... scores) {
        if (scores.length == 0) {
            throw new IllegalArgumentException("no score of a good part");
        }
        double[] sorted = scores.clone();
        Arrays.sort(sorted);
        if (Double.isNaN(sorted[sorted.length - 1])) {
            throw new IllegalArgumentException("a score is NaN");
        }
        return new GoodScores(
                sorted.length,
                Arrays.copyOfRange(sorted, Math.max(0, sorted.length - KEPT), sorted.length));
    }

    /** Good parts scored. */
    public int count() {
        return count;
    }

    /**
     * The lowest threshold that rejects at most that share of good parts with at least that
     * confidence: a part is rejected when its score is above the threshold.
     *
     * @param falseRejectRate above 0 and below 1
     * @param confidence above 0 and below 1, for instance 0.9
     * @return the threshold with the confidence that it reaches
     * @throws IllegalArgumentException when there are too few good parts to promise that, naming
     *     how many are needed; or when the rate is so high that the scores it needs are not kept
     */
    public Threshold threshold(double falseRejectRate, double confidence) {
        requireShare("falseRejectRate", falseRejectRate);
        requireShare("confidence", confidence);
        double reached = 1;
        // k = count: 1 − (1 − r)^count; each lower k takes one more term away
        double term = Math.pow(1 - falseRejectRate, count);
        int allowed = -1;
        double confident = 0;
        for (int rejected = 0; rejected < count; rejected++) {
            reached -= term;
            if (reached < confidence) {
                break;
            }
            allowed = rejected;
            confident = reached;
            term *= (double) (count - rejected) / (rejected + 1);
            term *= falseRejectRate / (1 - falseRejectRate);
        }
        if (allowed < 0) {
            throw new IllegalArgumentException(
                    "a false-reject rate of "
                            + falseRejectRate
                            + " with confidence "
                            + confidence
                            + " needs "
                            + needed(falseRejectRate, confidence)
                            + " good parts, there are "
                            + count);
        }
        if (allowed >= highest.length) {
            throw new IllegalArgumentException(
                    "a false-reject rate of "
                            + falseRejectRate
                            + " lies below the "
                            + highest.length
                            + " highest scores that are kept of "
                            + count);
        }
        return new Threshold(highest[highest.length - 1 - allowed], falseRejectRate, confident);
    }

    /** Good parts that are needed at least to promise a rate with a confidence. */
    public static int needed(double falseRejectRate, double confidence) {
        requireShare("falseRejectRate", falseRejectRate);
        requireShare("confidence", confidence);
        return (int) Math.ceil(Math.log1p(-confidence) / Math.log1p(-falseRejectRate) - 1e-12);
    }

    /** As parameters of a model's card, for one product. */
    public Map<String, Double> toParameters(String product) {
        Map<String, Double> parameters = new LinkedHashMap<>();
        parameters.put("good." + product + ".count", (double) count);
        for (int i = 0; i < highest.length; i++) {
            parameters.put(
                    "good." + product + ".highest." + (i + 1), highest[highest.length - 1 - i]);
        }
        return parameters;
    }

    /** Reads what {@link #toParameters} wrote. IllegalArgumentException when it is not there. */
    public static GoodScores fromParameters(Map<String, Double> parameters, String product) {
        Double count = parameters.get("good." + product + ".count");
        if (count == null || count < 1) {
            throw new IllegalArgumentException("the card has no good scores of " + product);
        }
        double[] highest = new double[(int) Math.min(KEPT, count)];
        for (int i = 0; i < highest.length; i++) {
            Double score = parameters.get("good." + product + ".highest." + (i + 1));
            if (score == null) {
                throw new IllegalArgumentException(
                        "the card lacks good." + product + ".highest." + (i + 1));
            }
            highest[highest.length - 1 - i] = score;
        }
        return new GoodScores((int) Math.round(count), highest);
    }

    private static void requireShare(String name, double value) {
        if (!(value > 0 && value < 1)) {
            throw new IllegalArgumentException(name + " must be between 0 and 1, was " + value);
        }
    }
}
