package io.karu.aggregator.http;

import io.karu.aggregator.blob.BlobStore;
import io.karu.aggregator.verdict.Overrule;
import io.karu.aggregator.verdict.StoredVerdict;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code Verdict} of the contract. */
record VerdictView(
        long id,
        String gateway,
        String station,
        String frame,
        long sequence,
        String decision,
        String reason,
        double score,
        List<StoredVerdict.Finding> findings,
        Optional<String> model,
        Optional<String> modelName,
        Optional<String> image,
        Optional<Boolean> imageHere,
        Optional<String> heatMap,
        Optional<Boolean> heatMapHere,
        Instant capturedAt,
        Instant decidedAt,
        Instant receivedAt,
        Map<String, Long> timingMicros,
        Optional<OverruleView> overrule) {

    static VerdictView of(StoredVerdict verdict, BlobStore blobs) {
        return new VerdictView(
                verdict.id(),
                verdict.gateway().clientId(),
                verdict.station(),
                verdict.frame(),
                verdict.sequence(),
                verdict.decision(),
                verdict.reason(),
                verdict.score(),
                verdict.findings(),
                verdict.model(),
                verdict.modelName(),
                verdict.image(),
                verdict.image().map(digest -> blobs.find(digest).isPresent()),
                verdict.heatMap(),
                verdict.heatMap().map(digest -> blobs.find(digest).isPresent()),
                verdict.capturedAt(),
                verdict.decidedAt(),
                verdict.receivedAt(),
                verdict.timingMicros(),
                verdict.overrule().map(OverruleView::of));
    }

    /** {@code Overrule} of the contract. */
    record OverruleView(
            String gateway,
            String station,
            String frame,
            String decision,
            String operator,
            Instant at,
            String note) {
        static OverruleView of(Overrule overrule) {
            return new OverruleView(
                    overrule.gateway().clientId(),
                    overrule.station(),
                    overrule.frame(),
                    overrule.decision(),
                    overrule.operator(),
                    overrule.at(),
                    overrule.note());
        }
    }
}
