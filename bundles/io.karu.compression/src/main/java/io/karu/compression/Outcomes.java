package io.karu.compression;

import java.util.Arrays;

/** Outcomes of the usual metrics. */
public final class Outcomes {
    private static final int LEVELS = 512;

    private Outcomes() {}

    /**
     * Image AUROC: how surely defective images score higher than good ones.
     *
     * @throws IllegalArgumentException without a good or without a defective image
     */
    public static Outcome imageAuroc(double[] scores, boolean[] defective) {
        requireBoth(defective);
        double[] sorted = Arrays.stream(scores).sorted().distinct().toArray();
        int[] ranks = new int[scores.length];
        for (int i = 0; i < ranks.length; i++) {
            ranks[i] = Arrays.binarySearch(sorted, scores[i]);
        }
        boolean[] bad = defective.clone();
        return new Outcome() {
            @Override
            public String metric() {
                return "image AUROC";
            }

            @Override
            public int samples() {
                return bad.length;
            }

            @Override
            public int kind(int sample) {
                return bad[sample] ? 1 : 0;
            }

            @Override
            public double value(int[] times) {
                double[] goods = new double[sorted.length];
                double[] bads = new double[sorted.length];
                for (int i = 0; i < bad.length; i++) {
                    (bad[i] ? bads : goods)[ranks[i]] += times[i];
                }
                return auroc(goods, bads);
            }
        };
    }

    /**
     * Pixel AUROC: how surely defective pixels score higher than good ones, over all images.
     *
     * @param maps scores of each image's pixels
     * @param masks which of them are defective
     */
    public static Outcome pixelAuroc(float[][] maps, boolean[][] masks) {
        float[] edges = edges(maps);
        int[][] good = new int[maps.length][LEVELS];
        int[][] bad = new int[maps.length][LEVELS];
        boolean[] defective = new boolean[maps.length];
        for (int i = 0; i < maps.length; i++) {
            if (maps[i].length != masks[i].length) {
                throw new IllegalArgumentException(
                        "image "
                                + i
                                + " has a map of "
                                + maps[i].length
                                + " pixels and a mask of "
                                + masks[i].length);
            }
            for (int p = 0; p < maps[i].length; p++) {
                int at = Arrays.binarySearch(edges, maps[i][p]);
                (masks[i][p] ? bad : good)[i][Math.min(at < 0 ? -at - 1 : at, LEVELS - 1)]++;
                defective[i] |= masks[i][p];
            }
        }
        requireBoth(defective);
        return new Outcome() {
            @Override
            public String metric() {
                return "pixel AUROC";
            }

            @Override
            public int samples() {
                return good.length;
            }

            @Override
            public int kind(int sample) {
                return defective[sample] ? 1 : 0;
            }

            @Override
            public double value(int[] times) {
                double[] goods = new double[LEVELS];
                double[] bads = new double[LEVELS];
                for (int i = 0; i < good.length; i++) {
                    for (int l = 0; times[i] > 0 && l < LEVELS; l++) {
                        goods[l] += (double) times[i] * good[i][l];
                        bads[l] += (double) times[i] * bad[i][l];
                    }
                }
                return auroc(goods, bads);
            }
        };
    }

    /** Macro recall: mean over classes of the share of their samples that were decided rightly. */
    public static Outcome macroRecall(int[] truth, int[] decided, int classes) {
        int[] is = truth.clone();
        int[] said = decided.clone();
        return new Outcome() {
            @Override
            public String metric() {
                return "macro recall";
            }

            @Override
            public int samples() {
                return is.length;
            }

            @Override
            public int kind(int sample) {
                return is[sample];
            }

            @Override
            public double value(int[] times) {
                double[] all = new double[classes];
                double[] right = new double[classes];
                for (int i = 0; i < is.length; i++) {
                    all[is[i]] += times[i];
                    right[is[i]] += said[i] == is[i] ? times[i] : 0;
                }
                double sum = 0;
                int seen = 0;
                for (int c = 0; c < classes; c++) {
                    if (all[c] > 0) {
                        sum += right[c] / all[c];
                        seen++;
                    }
                }
                return sum / seen;
            }
        };
    }

    /** Upper ends of levels that hold about equally many pixels; more of them at the top. */
    private static float[] edges(float[][] maps) {
        int total = Arrays.stream(maps).mapToInt(map -> map.length).sum();
        float[] all = new float[total];
        int filled = 0;
        for (float[] map : maps) {
            System.arraycopy(map, 0, all, filled, map.length);
            filled += map.length;
        }
        Arrays.sort(all);
        float[] edges = new float[LEVELS];
        for (int l = 0; l < LEVELS; l++) {
            double share = 1 - Math.pow(1 - (l + 1.0) / LEVELS, 2);
            edges[l] = all[Math.max(0, (int) Math.ceil(share * total) - 1)];
        }
        return edges;
    }

    /** Area from the numbers of good and bad ones per level, lowest first. */
    private static double auroc(double[] goods, double[] bads) {
        double below = 0;
        double bad = 0;
        double wins = 0;
        for (int i = 0; i < goods.length; i++) {
            wins += bads[i] * (below + goods[i] / 2);
            below += goods[i];
            bad += bads[i];
        }
        return wins / (below * bad);
    }

    private static void requireBoth(boolean[] defective) {
        int bad = 0;
        for (boolean one : defective) {
            bad += one ? 1 : 0;
        }
        if (bad == 0 || bad == defective.length) {
            throw new IllegalArgumentException(
                    "an AUROC needs good and defective images; "
                            + bad
                            + " of "
                            + defective.length
                            + " are defective");
        }
    }
}
