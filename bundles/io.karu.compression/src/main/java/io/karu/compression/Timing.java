package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.learning.metric.Interval;
import io.karu.onnx.Graph;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Run times of one graph, from runs that alternated with the graphs it is compared with, so that
 * what else the machine did bears on all alike.
 *
 * @param millis of each run by the clock, in the order of the rounds
 * @param processorMillis of each run in processor time of its thread: what other processes take
 *     from the machine is not in it
 */
public record Timing(double[] millis, double[] processorMillis) {
    private static final int WARM_UP = 10;
    private static final int MOST_WARM_UP = 100;

    public Timing {
        if (millis.length == 0 || millis.length != processorMillis.length) {
            throw new IllegalArgumentException(
                    "a timing needs at least one run, and both times of each; there are "
                            + millis.length
                            + " and "
                            + processorMillis.length);
        }
        millis = millis.clone();
        processorMillis = processorMillis.clone();
    }

    /** Runs that nothing interrupted. */
    public Timing(double[] millis) {
        this(millis, millis);
    }

    @Override
    public double[] processorMillis() {
        return processorMillis.clone();
    }

    @Override
    public double[] millis() {
        return millis.clone();
    }

    /** Half of the runs took at most this. */
    public double p50() {
        return quantile(millis, 0.5);
    }

    /** 99 of 100 runs took at most this. */
    public double p99() {
        return quantile(millis, 0.99);
    }

    /** The fastest run. */
    public double best() {
        return Arrays.stream(millis).min().orElseThrow();
    }

    public int runs() {
        return millis.length;
    }

    /**
     * How many times as fast this is as its parent: ratio of the medians of processor time. On a
     * busy machine a run by the clock is mostly as long as it was kept waiting.
     */
    public Interval speedup(Timing parent, PairedBootstrap bootstrap) {
        if (parent.processorMillis.length != processorMillis.length) {
            throw new IllegalArgumentException("timings of different rounds cannot be compared");
        }
        return bootstrap.medianRatio(parent.processorMillis, processorMillis);
    }

    /** Something to time: one call is one run. */
    @FunctionalInterface
    public interface Run {
        void run(int round) throws InferenceException;
    }

    /**
     * Times graphs with one thread each.
     *
     * @param rounds each graph runs once a round, in changing order
     */
    public static List<Timing> measure(
            InferenceEngine engine, List<Graph> graphs, Samples samples, int rounds)
            throws InferenceException {
        List<OpenGraph> open = new ArrayList<>();
        try {
            for (Graph graph : graphs) {
                open.add(new OpenGraph(engine, graph, samples.shapes()));
            }
            for (OpenGraph one : open) {
                samples.write(samples.typical(), one.binding());
            }
            List<Run> runs = new ArrayList<>();
            open.forEach(one -> runs.add(round -> one.binding().run()));
            return measure(runs, rounds);
        } finally {
            open.forEach(OpenGraph::close);
        }
    }

    /** Times runs by turns, after a warm-up that ends when medians move by less than 2 %. */
    public static List<Timing> measure(List<Run> runs, int rounds) throws InferenceException {
        double[] before = medians(runs, WARM_UP);
        for (int warm = WARM_UP; warm < MOST_WARM_UP; warm += WARM_UP) {
            double[] now = medians(runs, WARM_UP);
            boolean steady = true;
            for (int i = 0; i < now.length; i++) {
                steady &= Math.abs(now[i] - before[i]) < 0.02 * before[i];
            }
            if (steady) {
                break;
            }
            before = now;
        }
        return rounds(runs, rounds);
    }

    private static double[] medians(List<Run> runs, int rounds) throws InferenceException {
        return rounds(runs, rounds).stream()
                .mapToDouble(timing -> quantile(timing.processorMillis, 0.5))
                .toArray();
    }

    private static List<Timing> rounds(List<Run> runs, int rounds) throws InferenceException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        boolean counted = threads.isCurrentThreadCpuTimeSupported();
        double[][] clock = new double[runs.size()][rounds];
        double[][] processor = new double[runs.size()][rounds];
        for (int round = 0; round < rounds; round++) {
            for (int turn = 0; turn < runs.size(); turn++) {
                int which = (turn + round) % runs.size();
                long start = System.nanoTime();
                long used = counted ? threads.getCurrentThreadCpuTime() : start;
                runs.get(which).run(round);
                long end = System.nanoTime();
                clock[which][round] = (end - start) / 1e6;
                processor[which][round] =
                        ((counted ? threads.getCurrentThreadCpuTime() : end) - used) / 1e6;
            }
        }
        List<Timing> timings = new ArrayList<>();
        for (int i = 0; i < clock.length; i++) {
            timings.add(new Timing(clock[i], processor[i]));
        }
        return timings;
    }

    static double quantile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
