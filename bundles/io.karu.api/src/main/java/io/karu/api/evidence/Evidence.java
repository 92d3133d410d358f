package io.karu.api.evidence;

import io.karu.api.inspection.Decision;
import io.karu.api.inspection.StationId;
import io.karu.api.model.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What one model version has done at one station since a moment (docs/contracts.md §1, Evidence).
 *
 * @param since when it judged its first frame
 * @param at when these counts were taken
 * @param comparison present for a challenger, which decides nothing
 */
public record Evidence(
        StationId station,
        Subject model,
        Instant since,
        Instant at,
        Judged judged,
        Latency latency,
        Optional<Comparison> comparison) {
    public Evidence {
        Objects.requireNonNull(station, "station");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(since, "since");
        Objects.requireNonNull(at, "at");
        Objects.requireNonNull(judged, "judged");
        Objects.requireNonNull(latency, "latency");
        Objects.requireNonNull(comparison, "comparison");
    }

    /** A version as a person and as a registry call it. */
    public record Subject(Digest digest, String name, String version) {
        public Subject {
            Objects.requireNonNull(digest, "digest");
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(version, "version");
        }

        @Override
        public String toString() {
            return name + " " + version + " (" + digest.abbreviated() + ")";
        }
    }

    /**
     * Frames that the version judged.
     *
     * @param failed those of {@code review} on which the model could not run
     * @param labels frames with at least one finding of a class, most frequent first
     */
    public record Judged(
            long accepted, long rejected, long review, long failed, Map<String, Long> labels) {
        public Judged {
            Objects.requireNonNull(labels, "labels");
        }

        public long frames() {
            return accepted + rejected + review;
        }
    }

    /** From a frame's turn until its decision; zero before the first frame. */
    public record Latency(Duration p50, Duration p99) {
        public Latency {
            Objects.requireNonNull(p50, "p50");
            Objects.requireNonNull(p99, "p99");
        }
    }

    /**
     * A challenger against the champion on the same frames.
     *
     * @param counts rows are the champion's decision, columns the challenger's, in the order {@link
     *     #ORDER}
     * @param yielded frames that the challenger passed over
     * @param championLatency of the champion, on the same frames
     * @param score challenger's score minus champion's
     * @param cost what running it takes
     * @param kept disagreements among the samples
     */
    public record Comparison(
            Digest champion,
            List<List<Long>> counts,
            long yielded,
            Latency championLatency,
            Shift score,
            Cost cost,
            long kept) {
        /** The order of rows and columns. */
        public static final List<Decision> ORDER =
                List.of(Decision.ACCEPT, Decision.REVIEW, Decision.REJECT);

        public Comparison {
            Objects.requireNonNull(champion, "champion");
            counts = counts.stream().map(List::copyOf).toList();
            Objects.requireNonNull(championLatency, "championLatency");
            Objects.requireNonNull(score, "score");
            Objects.requireNonNull(cost, "cost");
        }

        /** Frames on which one said this and the other that. */
        public long count(Decision champion, Decision challenger) {
            return counts.get(ORDER.indexOf(champion)).get(ORDER.indexOf(challenger));
        }

        public long frames() {
            return counts.stream().flatMap(List::stream).mapToLong(Long::longValue).sum();
        }

        /** Frames that both decided alike. */
        public long agreed() {
            return ORDER.stream().mapToLong(decision -> count(decision, decision)).sum();
        }
    }

    /** Mean and standard deviation of a difference. */
    public record Shift(double mean, double deviation) {}

    /**
     * What a challenger takes.
     *
     * @param addedBytes growth of resident memory when it was opened; 0 when not known
     * @param share of one processor, since the first frame
     */
    public record Cost(long addedBytes, double share) {}
}
