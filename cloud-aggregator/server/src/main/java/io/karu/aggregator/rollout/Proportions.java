package io.karu.aggregator.rollout;

import io.karu.aggregator.evidence.Tally;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.commons.math3.distribution.NormalDistribution;

/** Intervals of shares and of their differences. */
final class Proportions {
    private static final NormalDistribution NORMAL = new NormalDistribution();

    private Proportions() {}

    /** An interval. */
    record Interval(double low, double high) {}

    /**
     * The same stations before and after. Stations differ in how many parts they reject, and do not
     * look at the same number of parts before and after: each station's share before is weighted
     * with its frames after (direct standardisation). {@code framesBefore} is the size of a single
     * sample with the same variance.
     */
    record Compared(double before, double after, double framesBefore, long framesAfter) {
        double shift() {
            return after - before;
        }
    }

    /** One station: what was counted of it. */
    private record Pair(Tally.Station before, Tally.Station after) {}

    /** What is counted of the stations that have frames on both sides. */
    static final class Paired {
        private final List<Pair> pairs = new ArrayList<>();

        void add(Tally before, Tally after) {
            for (Map.Entry<String, Tally.Station> station : after.stations().entrySet()) {
                Tally.Station earlier = before.stations().get(station.getKey());
                if (earlier != null && earlier.frames() > 0 && station.getValue().frames() > 0) {
                    pairs.add(new Pair(earlier, station.getValue()));
                }
            }
        }

        long framesAfter() {
            return pairs.stream().mapToLong(pair -> pair.after().frames()).sum();
        }

        long framesBefore() {
            return pairs.stream().mapToLong(pair -> pair.before().frames()).sum();
        }

        /** Every defect class that was found on either side. */
        List<String> labels() {
            return pairs.stream()
                    .flatMap(
                            pair ->
                                    java.util.stream.Stream.concat(
                                            pair.before().labels().keySet().stream(),
                                            pair.after().labels().keySet().stream()))
                    .distinct()
                    .sorted()
                    .toList();
        }

        Compared compare(ToLongFunction<Tally.Station> count) {
            double total = framesAfter();
            double before = 0;
            double after = 0;
            double variance = 0;
            for (Pair pair : pairs) {
                double weight = pair.after().frames() / total;
                before += weight * count.applyAsLong(pair.before()) / pair.before().frames();
                after += weight * count.applyAsLong(pair.after()) / pair.after().frames();
                variance += weight * weight / pair.before().frames();
            }
            return new Compared(before, after, 1 / variance, framesAfter());
        }
    }

    /** Wilson's score interval. */
    static Interval wilson(double share, double trials, double confidence) {
        double z = z(confidence);
        double centre = share + z * z / (2 * trials);
        double width = z * Math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials));
        double scale = 1 + z * z / trials;
        return new Interval(
                Math.max(0, (centre - width) / scale), Math.min(1, (centre + width) / scale));
    }

    /** Newcombe's interval of after − before (Statistics in Medicine 17, 1998, method 10). */
    static Interval difference(Compared compared, double confidence) {
        Interval before = wilson(compared.before(), compared.framesBefore(), confidence);
        Interval after = wilson(compared.after(), compared.framesAfter(), confidence);
        double shift = compared.shift();
        return new Interval(
                shift
                        - Math.hypot(
                                compared.after() - after.low(), before.high() - compared.before()),
                shift
                        + Math.hypot(
                                after.high() - compared.after(), compared.before() - before.low()));
    }

    private static double z(double confidence) {
        return NORMAL.inverseCumulativeProbability(1 - (1 - confidence) / 2);
    }
}
