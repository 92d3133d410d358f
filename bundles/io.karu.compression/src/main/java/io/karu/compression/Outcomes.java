package io.karu.compression;

import io.karu.learning.metric.DetectionPrecision;
import io.karu.learning.metric.Localisation;
import java.util.Arrays;
import java.util.List;

/** Outcomes of the usual metrics. */
public final class Outcomes {
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
     * Where defects are: pixel AUROC, how surely defective pixels score higher than good ones over
     * all images, and PRO, in which every defect counts the same (Bergmann et al., CVPR 2020).
     *
     * @param maps scores of each image's pixels
     * @param masks which of them are defective
     * @param columns of each map
     */
    public static List<Outcome> localisation(float[][] maps, boolean[][] masks, int[] columns) {
        MapLevels levels = MapLevels.of(maps, masks, columns);
        requireBoth(levels.defective);
        return List.of(
                new Located("pixel AUROC", levels) {
                    @Override
                    public double value(int[] times) {
                        return auroc(
                                MapLevels.sum(levels.good, times),
                                MapLevels.sum(levels.bad, times));
                    }
                },
                new Located("PRO", levels) {
                    @Override
                    public double value(int[] times) {
                        return pro(MapLevels.sum(levels.good, times), levels.overlaps(times));
                    }
                });
    }

    private abstract static class Located implements Outcome {
        private final String metric;
        private final MapLevels levels;

        Located(String metric, MapLevels levels) {
            this.metric = metric;
            this.levels = levels;
        }

        @Override
        public String metric() {
            return metric;
        }

        @Override
        public int samples() {
            return levels.regions.length;
        }

        @Override
        public int kind(int sample) {
            return levels.defective[sample] ? 1 : 0;
        }
    }

    /** Overlap with defects over the share of good pixels up to the usual limit. */
    private static double pro(double[] goods, double[] overlaps) {
        double all = Arrays.stream(goods).sum();
        double area = 0;
        double x = 0;
        double y = 0;
        for (int l = goods.length - 1; l >= 0 && x < Localisation.USUAL_LIMIT; l--) {
            double dx = goods[l] / all;
            double part = Math.min(dx, Localisation.USUAL_LIMIT - x);
            area += dx > 0 ? part * (y + 0.5 * overlaps[l] * part / dx) : 0;
            x += dx;
            y += overlaps[l];
        }
        return area / Localisation.USUAL_LIMIT;
    }

    /**
     * Mean of a metric over products, each with samples of its own that are drawn again apart from
     * the others'.
     */
    public static Outcome mean(String metric, List<Outcome> products) {
        int kinds = 2;
        int[] first = new int[products.size() + 1];
        for (int i = 0; i < products.size(); i++) {
            first[i + 1] = first[i] + products.get(i).samples();
        }
        return new Outcome() {
            @Override
            public String metric() {
                return metric;
            }

            @Override
            public int samples() {
                return first[products.size()];
            }

            @Override
            public int kind(int sample) {
                int product = product(sample);
                return kinds * product + products.get(product).kind(sample - first[product]);
            }

            private int product(int sample) {
                int product = 0;
                while (sample >= first[product + 1]) {
                    product++;
                }
                return product;
            }

            @Override
            public double value(int[] times) {
                double sum = 0;
                for (int i = 0; i < products.size(); i++) {
                    sum += products.get(i).value(Arrays.copyOfRange(times, first[i], first[i + 1]));
                }
                return sum / products.size();
            }
        };
    }

    /** Mean average precision of detections with classes (Everingham et al. 2010). */
    public static Outcome meanPrecision(String metric, DetectionPrecision detections) {
        return new Outcome() {
            @Override
            public String metric() {
                return metric;
            }

            @Override
            public int samples() {
                return detections.images();
            }

            @Override
            public int kind(int sample) {
                return 0;
            }

            @Override
            public double value(int[] times) {
                return detections.mean(times);
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
