package io.karu.aggregator.verdict;

import io.karu.aggregator.fleet.GatewayId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A verdict as a gateway sent it (docs/contracts.md, 1).
 *
 * @param id the aggregator's own number, in order of arrival
 * @param decision ACCEPT, REJECT or REVIEW
 * @param timingMicros microseconds per step
 * @param overrule the newest overrule; absent when nobody overruled it
 */
public record StoredVerdict(
        long id,
        GatewayId gateway,
        String station,
        String frame,
        long sequence,
        Instant capturedAt,
        Instant decidedAt,
        Instant receivedAt,
        String decision,
        String reason,
        double score,
        List<Finding> findings,
        Optional<String> model,
        Optional<String> modelName,
        Optional<String> image,
        Optional<String> heatMap,
        Map<String, Long> timingMicros,
        Optional<Overrule> overrule) {
    public StoredVerdict {
        findings = List.copyOf(findings);
        timingMicros = Map.copyOf(timingMicros);
    }

    /** The same verdict with the number that the aggregator gave it. */
    StoredVerdict numbered(long number) {
        return with(number, overrule);
    }

    /** The same verdict with this overrule. */
    public StoredVerdict overruledBy(Overrule newest) {
        return with(id, Optional.of(newest));
    }

    private StoredVerdict with(long number, Optional<Overrule> newest) {
        return new StoredVerdict(
                number,
                gateway,
                station,
                frame,
                sequence,
                capturedAt,
                decidedAt,
                receivedAt,
                decision,
                reason,
                score,
                findings,
                model,
                modelName,
                image,
                heatMap,
                timingMicros,
                newest);
    }

    /** A located defect, in pixels of the image. */
    public record Finding(String label, int x, int y, int width, int height, double score) {}
}
