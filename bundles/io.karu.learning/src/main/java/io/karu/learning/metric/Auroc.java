package io.karu.learning.metric;

import java.util.Arrays;

/**
 * Area under the receiver operating characteristic: the probability that a defective item scores
 * higher than a good one, equal scores counting one half (Mann and Whitney's U).
 */
public final class Auroc {
    private Auroc() {}

    /**
     * The area, 0 to 1.
     *
     * @param scores higher means more likely defective
     * @param defective what each item is
     * @throws IllegalArgumentException when a score is NaN, the lengths differ, or there is no good
     *     or no defective item
     */
    public static double of(double[] scores, boolean[] defective) {
        return new Ranking(scores, defective).auroc(null);
    }

    /**
     * Items sorted by score once, so that the area of many resamples costs one pass each.
     *
     * <p>Ties are kept together: {@code group[i]} is the number of distinct scores below item i of
     * the order.
     */
    static final class Ranking {
        final int[] order;
        final boolean[] defective;
        private final boolean[] last;

        Ranking(double[] scores, boolean[] defective) {
            if (scores.length != defective.length) {
                throw new IllegalArgumentException(
                        scores.length + " scores for " + defective.length + " items");
            }
            for (int i = 0; i < scores.length; i++) {
                if (Double.isNaN(scores[i])) {
                    throw new IllegalArgumentException("score " + i + " is NaN");
                }
            }
            Integer[] sorted = new Integer[scores.length];
            Arrays.setAll(sorted, i -> i);
            Arrays.sort(sorted, (a, b) -> Double.compare(scores[a], scores[b]));
            order = Arrays.stream(sorted).mapToInt(Integer::intValue).toArray();
            this.defective = defective.clone();
            last = new boolean[order.length];
            for (int i = 0; i < order.length; i++) {
                last[i] = i + 1 == order.length || scores[order[i]] != scores[order[i + 1]];
            }
            int bad = 0;
            for (boolean item : defective) {
                bad += item ? 1 : 0;
            }
            if (bad == 0 || bad == defective.length) {
                throw new IllegalArgumentException(
                        "an AUROC needs good and defective items; "
                                + bad
                                + " of "
                                + defective.length
                                + " are defective");
            }
        }

        /** The area when item i counts {@code times[i]} times; null counts each once. */
        double auroc(int[] times) {
            long goodBelow = 0;
            long goodHere = 0;
            long badHere = 0;
            long bad = 0;
            double wins = 0;
            for (int i = 0; i < order.length; i++) {
                int weight = times == null ? 1 : times[order[i]];
                if (defective[order[i]]) {
                    badHere += weight;
                } else {
                    goodHere += weight;
                }
                if (last[i]) {
                    wins += badHere * (goodBelow + 0.5 * goodHere);
                    goodBelow += goodHere;
                    bad += badHere;
                    goodHere = 0;
                    badHere = 0;
                }
            }
            return wins / ((double) goodBelow * bad);
        }
    }
}
