package io.karu.aggregator.evidence;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What was counted of a gateway, by station. */
public record Tally(Map<String, Station> stations) {
    public static final Tally NOTHING = new Tally(Map.of());

    public Tally {
        stations = Map.copyOf(stations);
    }

    /**
     * Counts of one station.
     *
     * @param labels frames with at least one finding of that class
     * @param p99Millis of the newest report; absent when unknown
     * @param residentBytes of the newest report; absent when unknown
     */
    public record Station(
            long frames,
            long rejected,
            Map<String, Long> labels,
            Optional<Double> p99Millis,
            Optional<Long> residentBytes) {
        public Station {
            labels = Map.copyOf(labels);
        }

        Station minus(Station earlier) {
            Map<String, Long> left = new TreeMap<>();
            labels.forEach(
                    (label, count) ->
                            left.put(
                                    label,
                                    Math.max(0, count - earlier.labels().getOrDefault(label, 0L))));
            return new Station(
                    Math.max(0, frames - earlier.frames()),
                    Math.max(0, rejected - earlier.rejected()),
                    left,
                    p99Millis,
                    residentBytes);
        }
    }

    /** What the champions of these reports did; reports are given oldest first. */
    public static Tally of(Collection<EvidenceReport> reports, Predicate<EvidenceReport> which) {
        Map<String, List<EvidenceReport>> byStation =
                reports.stream()
                        .filter(report -> report.role().equals(EvidenceReport.CHAMPION))
                        .filter(which)
                        .collect(Collectors.groupingBy(EvidenceReport::station));
        Map<String, Station> stations = new HashMap<>();
        byStation.forEach((station, of) -> stations.put(station, sum(of)));
        return new Tally(stations);
    }

    private static Station sum(List<EvidenceReport> reports) {
        Map<String, Long> labels = new TreeMap<>();
        reports.forEach(r -> r.labels().forEach((label, n) -> labels.merge(label, n, Long::sum)));
        EvidenceReport newest = reports.get(reports.size() - 1);
        return new Station(
                reports.stream().mapToLong(EvidenceReport::frames).sum(),
                reports.stream().mapToLong(EvidenceReport::rejected).sum(),
                labels,
                newest.p99Millis(),
                newest.residentBytes());
    }

    /** What was added since an earlier tally of the same. */
    public Tally since(Tally earlier) {
        Map<String, Station> added = new HashMap<>();
        stations.forEach(
                (name, station) -> {
                    Station before = earlier.stations().get(name);
                    added.put(name, before == null ? station : station.minus(before));
                });
        return new Tally(added);
    }

    public long frames() {
        return stations.values().stream().mapToLong(Station::frames).sum();
    }

    /** Counts single verdicts. */
    static final class Builder {
        private static final class Counts {
            private long frames;
            private long rejected;
            private final Map<String, Long> labels = new TreeMap<>();
            private final List<Double> millis = new ArrayList<>();
        }

        private final Map<String, Counts> stations = new HashMap<>();

        void verdict(String station, String decision, List<String> labels, double millis) {
            Counts counts = stations.computeIfAbsent(station, name -> new Counts());
            counts.frames++;
            counts.rejected += decision.equals("REJECT") ? 1 : 0;
            labels.forEach(label -> counts.labels.merge(label, 1L, Long::sum));
            counts.millis.add(millis);
        }

        Tally build() {
            Map<String, Station> built = new HashMap<>();
            stations.forEach(
                    (name, c) -> {
                        c.millis.sort(null);
                        double p99 = c.millis.get((int) Math.ceil(c.millis.size() * 0.99) - 1);
                        built.put(
                                name,
                                new Station(
                                        c.frames,
                                        c.rejected,
                                        c.labels,
                                        Optional.of(p99).filter(p -> p > 0),
                                        Optional.empty()));
                    });
            return new Tally(built);
        }
    }
}
