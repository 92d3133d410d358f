package io.karu.station;

import io.karu.api.evidence.Evidence;
import io.karu.api.evidence.Evidence.Comparison;
import io.karu.api.evidence.Evidence.Cost;
import io.karu.api.evidence.Evidence.Judged;
import io.karu.api.evidence.Evidence.Latency;
import io.karu.api.evidence.Evidence.Shift;
import io.karu.api.evidence.Evidence.Subject;
import io.karu.api.inspection.Finding;
import io.karu.api.inspection.StationId;
import io.karu.api.model.Digest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Counts what one version does at a station. Thread-safe. */
final class Tally {
    private static final int LABELS = 32;
    private static final int LABELS_COUNTED = 1000;

    private final StationId station;
    private final Subject model;
    private final Optional<Digest> champion;
    private final StationSettings recipe;
    private final Instant since = Instant.now();
    private final long sinceNanos = System.nanoTime();
    private final LatencyHistogram latencies = new LatencyHistogram();
    private final LatencyHistogram championLatencies = new LatencyHistogram();
    private final long[] decided = new long[Comparison.ORDER.size()];
    private final long[][] counts = new long[decided.length][decided.length];
    private final Map<String, Long> labels = new HashMap<>();
    private long failed;
    private long compared;
    private double shiftMean;
    private double shiftSquares;
    private long yielded;
    private long kept;
    private long addedBytes;
    private long busyNanos;

    /**
     * @param champion with whom it is compared; absent for what decides itself
     * @param recipe by which both judge
     */
    Tally(StationId station, Subject model, Optional<Digest> champion, StationSettings recipe) {
        this.station = station;
        this.model = model;
        this.champion = champion;
        this.recipe = recipe;
    }

    boolean isOf(Digest digest, Optional<Digest> comparedWith, StationSettings by) {
        return model.digest().equals(digest) && champion.equals(comparedWith) && recipe == by;
    }

    /** The version has judged a frame. */
    synchronized void add(Examination seen) {
        decided[index(seen)]++;
        if (seen.failed()) {
            failed++;
            return;
        }
        latencies.add(seen.cost().nanos());
        List<Finding> findings = seen.findings();
        for (int i = 0; i < findings.size(); i++) {
            String label = findings.get(i).label();
            if (isFirst(label, i, findings)
                    && (labels.size() < LABELS_COUNTED || labels.containsKey(label))) {
                labels.merge(label, 1L, Long::sum);
            }
        }
    }

    private static boolean isFirst(String label, int index, List<Finding> findings) {
        for (int i = 0; i < index; i++) {
            if (findings.get(i).label().equals(label)) {
                return false;
            }
        }
        return true;
    }

    /** Champion and challenger have judged the same frame. */
    synchronized void add(Examination of, Examination challenger) {
        add(challenger);
        counts[index(of)][index(challenger)]++;
        championLatencies.add(of.cost().nanos());
        double shift = challenger.judgement().score() - of.judgement().score();
        compared++;
        double before = shift - shiftMean;
        shiftMean += before / compared;
        shiftSquares += before * (shift - shiftMean);
    }

    synchronized void yielded() {
        yielded++;
    }

    synchronized void kept() {
        kept++;
    }

    synchronized long keptSoFar() {
        return kept;
    }

    /** What the challenger takes: memory since it was opened, and the time of one more frame. */
    synchronized void cost(long bytes, long nanos) {
        addedBytes = bytes;
        busyNanos += nanos;
    }

    synchronized Evidence evidence(Instant now) {
        return new Evidence(
                station,
                model,
                since,
                now,
                new Judged(decided[0], decided[2], decided[1], failed, labels()),
                latency(latencies),
                champion.map(this::comparison));
    }

    private Comparison comparison(Digest of) {
        List<List<Long>> rows = new ArrayList<>();
        for (long[] row : counts) {
            rows.add(Arrays.stream(row).boxed().toList());
        }
        return new Comparison(
                of,
                rows,
                yielded,
                latency(championLatencies),
                new Shift(shiftMean, compared == 0 ? 0 : Math.sqrt(shiftSquares / compared)),
                new Cost(
                        addedBytes,
                        busyNanos / (double) Math.max(1, System.nanoTime() - sinceNanos)),
                kept);
    }

    private Map<String, Long> labels() {
        Map<String, Long> most = new LinkedHashMap<>();
        labels.entrySet().stream()
                .sorted(
                        Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                                .thenComparing(Map.Entry.comparingByKey()))
                .limit(LABELS)
                .forEach(label -> most.put(label.getKey(), label.getValue()));
        return Collections.unmodifiableMap(most);
    }

    private static Latency latency(LatencyHistogram of) {
        return new Latency(of.quantile(0.5), of.quantile(0.99));
    }

    private static int index(Examination seen) {
        return Comparison.ORDER.indexOf(seen.judgement().decision());
    }
}
