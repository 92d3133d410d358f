package io.karu.aggregator.registry;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.blob.BlobStore.Blob;
import io.karu.aggregator.registry.ModelReport.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/** What was measured of model versions (docs/contracts.md, 8). Thread-safe. */
public interface ModelReports {
    /** What a put left behind. */
    record Stored(ModelReport report, boolean isNew) {}

    /** How a report arrives. */
    enum Format {
        /** The report alone; its pictures are here already. */
        JSON,
        /** {@code {kind}.json} with {@code pictures/}. */
        ZIP
    }

    /**
     * Keeps a report with its pictures beside a version. The same content again is the same report.
     *
     * @throws AggregatorException {@code MODEL_NOT_FOUND}, {@code REPORT_INVALID} naming the field
     *     or picture, {@code BODY_TOO_LARGE}
     */
    Stored put(ModelVersion version, Kind kind, Format format, InputStream content, String storedBy)
            throws IOException;

    /** A version's reports, newest first. */
    List<ModelReport> list(ModelVersion version);

    /**
     * The newest report of a kind, or the one with that digest, as JSON.
     *
     * @throws AggregatorException {@code REPORT_NOT_FOUND}
     */
    String content(ModelVersion version, Kind kind, Optional<String> digest);

    /** A picture of any report by its digest. */
    Optional<Blob> picture(String digest);
}
