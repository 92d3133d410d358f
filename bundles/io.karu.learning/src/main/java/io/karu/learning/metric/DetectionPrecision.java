package io.karu.learning.metric;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Average precision and F of detections with classes. Detections of one class, over all images from
 * the highest score down, each take the free defect of their class in their image that they overlap
 * most, when the intersection over union is larger than a limit; those that take none are false.
 *
 * <p>Average precision is the area under the precision made monotonous over all points of recall
 * (Everingham et al. 2010, from VOC 2010 on). DeepPCB (Tang et al. 2019) counts overlaps above
 * 0.33.
 */
public final class DetectionPrecision {
    private final int classes;
    private final double overlap;
    private final List<Found> found = new ArrayList<>();
    private final List<Truth> truths = new ArrayList<>();
    private final List<Ranking> rankings = new ArrayList<>();
    private int images;

    /**
     * A box with its class, edges in pixels.
     *
     * @param type class, from 0
     */
    public record Located(double left, double top, double right, double bottom, int type) {
        /** Intersection over union, 0 to 1. */
        public double overlap(Located other) {
            double width = Math.min(right, other.right) - Math.max(left, other.left);
            double height = Math.min(bottom, other.bottom) - Math.max(top, other.top);
            if (width <= 0 || height <= 0) {
                return 0;
            }
            double common = width * height;
            return common / (area() + other.area() - common);
        }

        private double area() {
            return (right - left) * (bottom - top);
        }
    }

    /** A detection. */
    public record Scored(Located where, double score) {}

    /**
     * Counts at one threshold.
     *
     * @param hits detections that found a defect
     * @param detections all detections at or above the threshold
     * @param defects all defects
     */
    public record Counts(int hits, int detections, int defects) {
        /** 0 without detections. */
        public double precision() {
            return detections == 0 ? 0 : hits / (double) detections;
        }

        /** 0 without defects. */
        public double recall() {
            return defects == 0 ? 0 : hits / (double) defects;
        }

        /** Harmonic mean of precision and recall. */
        public double f() {
            return detections + defects == 0 ? 0 : 2.0 * hits / (detections + defects);
        }
    }

    private record Found(int image, Scored detection) {}

    private record Truth(int image, Located defect) {}

    /**
     * @param classes how many there are
     * @param overlap limit of the intersection over union; it must be exceeded
     */
    public DetectionPrecision(int classes, double overlap) {
        if (classes < 1 || !(overlap >= 0 && overlap < 1)) {
            throw new IllegalArgumentException(
                    "classes must be at least 1, was "
                            + classes
                            + ", and overlap 0 to 1, was "
                            + overlap);
        }
        this.classes = classes;
        this.overlap = overlap;
    }

    /** Adds an image. */
    public void add(List<Scored> detections, List<Located> defects) {
        detections.forEach(each -> found.add(new Found(images, checked(each))));
        defects.forEach(each -> truths.add(new Truth(images, each)));
        images++;
        rankings.clear();
    }

    /** Number of images added. */
    public int images() {
        return images;
    }

    /** Average precision of a class; NaN when no defect is of it. */
    public double average(int type) {
        return average(type, once());
    }

    /**
     * Average precision of a class when image i counts {@code times[i]} times: what resampling of
     * images needs.
     */
    private double average(int type, int[] times) {
        Ranking ranking = ranking().get(type);
        double defects = 0;
        for (int image : ranking.defects) {
            defects += times[image];
        }
        if (defects == 0) {
            return Double.NaN;
        }
        double[] precision = new double[ranking.hits.length];
        double right = 0;
        double all = 0;
        for (int i = 0; i < precision.length; i++) {
            int weight = times[ranking.images[i]];
            all += weight;
            right += ranking.hits[i] ? weight : 0;
            precision[i] = all == 0 ? 0 : right / all;
        }
        double area = 0;
        double best = 0;
        for (int i = precision.length - 1; i >= 0; i--) {
            best = Math.max(best, precision[i]);
            area += ranking.hits[i] ? best * times[ranking.images[i]] : 0;
        }
        return area / defects;
    }

    /** Mean of the average precisions of all classes that occur. */
    public double mean() {
        return mean(once());
    }

    /** The mean when image i counts {@code times[i]} times. */
    public double mean(int[] times) {
        double sum = 0;
        int counted = 0;
        for (int type = 0; type < classes; type++) {
            double value = average(type, times);
            if (!Double.isNaN(value)) {
                sum += value;
                counted++;
            }
        }
        return counted == 0 ? 0 : sum / counted;
    }

    private int[] once() {
        int[] once = new int[images];
        Arrays.fill(once, 1);
        return once;
    }

    /**
     * A class's detections from the highest score down, and the images of its defects.
     *
     * @param images of each detection
     * @param hits whether it found a defect
     * @param defects image of each defect
     */
    private record Ranking(int[] images, boolean[] hits, int[] defects) {}

    private List<Ranking> ranking() {
        if (rankings.isEmpty()) {
            for (int type = 0; type < classes; type++) {
                int of = type;
                rankings.add(
                        new Ranking(
                                ranked(type).mapToInt(Found::image).toArray(),
                                hits(type, Double.NEGATIVE_INFINITY),
                                truths.stream()
                                        .filter(truth -> truth.defect.type() == of)
                                        .mapToInt(Truth::image)
                                        .toArray()));
            }
        }
        return rankings;
    }

    /** Counts of a class over the detections of at least that score. */
    public Counts counts(int type, double threshold) {
        boolean[] hits = hits(type, threshold);
        int right = 0;
        for (boolean hit : hits) {
            right += hit ? 1 : 0;
        }
        return new Counts(right, hits.length, defects(type));
    }

    /** Counts over all classes. */
    public Counts counts(double threshold) {
        int right = 0;
        int detections = 0;
        int defects = 0;
        for (int type = 0; type < classes; type++) {
            Counts each = counts(type, threshold);
            right += each.hits();
            detections += each.detections();
            defects += each.defects();
        }
        return new Counts(right, detections, defects);
    }

    /** The threshold of the highest F, halfway to the next lower score. */
    public double bestThreshold() {
        return steadyThreshold(0);
    }

    /**
     * The middle of the thresholds around the best one at which F is at most a little lower than
     * the highest: what few images say of the best threshold is chance, of its neighbourhood less.
     *
     * @param loss how much lower, 0 or more
     */
    public double steadyThreshold(double loss) {
        List<Step> steps = steps();
        int best = -1;
        for (int i = 0; i < steps.size(); i++) {
            if (best < 0 || steps.get(i).f > steps.get(best).f) {
                best = i;
            }
        }
        if (best < 0) {
            return 0.5;
        }
        double enough = steps.get(best).f - loss;
        int from = best;
        int to = best;
        while (from > 0 && steps.get(from - 1).f >= enough) {
            from--;
        }
        while (to + 1 < steps.size() && steps.get(to + 1).f >= enough) {
            to++;
        }
        return (steps.get(from).high + steps.get(to).low) / 2;
    }

    /** Thresholds above {@code low} and up to {@code high} give this F. */
    private record Step(double low, double high, double f) {}

    /** From the highest score down. */
    private List<Step> steps() {
        record Outcome(double score, boolean hit) {}
        List<Outcome> outcomes = new ArrayList<>();
        for (int type = 0; type < classes; type++) {
            double[] scores = ranked(type).mapToDouble(each -> each.detection.score()).toArray();
            boolean[] hits = hits(type, Double.NEGATIVE_INFINITY);
            for (int i = 0; i < hits.length; i++) {
                outcomes.add(new Outcome(scores[i], hits[i]));
            }
        }
        outcomes.sort(Comparator.comparingDouble(each -> -each.score));
        List<Step> steps = new ArrayList<>();
        int right = 0;
        for (int i = 0; i < outcomes.size(); i++) {
            right += outcomes.get(i).hit ? 1 : 0;
            double score = outcomes.get(i).score;
            double next = i + 1 < outcomes.size() ? outcomes.get(i + 1).score : 0;
            if (next < score) {
                steps.add(new Step(next, score, 2.0 * right / (i + 1 + truths.size())));
            }
        }
        return steps;
    }

    private Scored checked(Scored detection) {
        int type = detection.where().type();
        if (type < 0 || type >= classes) {
            throw new IllegalArgumentException("class " + type + " of " + classes);
        }
        return detection;
    }

    private int defects(int type) {
        return (int) truths.stream().filter(truth -> truth.defect.type() == type).count();
    }

    private Stream<Found> ranked(int type) {
        return found.stream()
                .filter(each -> each.detection.where().type() == type)
                .sorted(Comparator.comparingDouble(each -> -each.detection.score()));
    }

    /** Whether each detection of a class found a defect, from the highest score down. */
    private boolean[] hits(int type, double threshold) {
        List<Found> ranked =
                ranked(type).filter(each -> each.detection.score() >= threshold).toList();
        List<List<Truth>> perImage = new ArrayList<>();
        for (int i = 0; i < images; i++) {
            perImage.add(new ArrayList<>());
        }
        truths.stream()
                .filter(truth -> truth.defect.type() == type)
                .forEach(truth -> perImage.get(truth.image).add(truth));
        boolean[] hits = new boolean[ranked.size()];
        for (int i = 0; i < hits.length; i++) {
            List<Truth> free = perImage.get(ranked.get(i).image);
            Truth best = null;
            double most = overlap;
            for (Truth truth : free) {
                double common = ranked.get(i).detection.where().overlap(truth.defect);
                if (common > most) {
                    most = common;
                    best = truth;
                }
            }
            hits[i] = best != null && free.remove(best);
        }
        return hits;
    }
}
