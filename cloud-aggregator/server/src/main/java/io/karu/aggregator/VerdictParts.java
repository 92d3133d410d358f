package io.karu.aggregator;

import io.karu.aggregator.blob.ContentStore;
import io.karu.aggregator.blob.DatabaseBlobStore;
import io.karu.aggregator.verdict.DatabaseVerdictStore;
import io.karu.aggregator.verdict.VerdictIngest;
import java.io.IOException;

/** What stations decided, and the images of it. */
final class VerdictParts {
    final DatabaseVerdictStore verdicts;
    final VerdictIngest ingest;
    final ContentStore blobContent;
    final DatabaseBlobStore blobs;

    VerdictParts(CoreParts core) throws IOException {
        verdicts = new DatabaseVerdictStore(core.database);
        ingest = core.owned.own(new VerdictIngest(verdicts, core.events, core.metrics.registry()));
        blobContent = core.content("blobs");
        blobs = new DatabaseBlobStore(blobContent, core.database, core.settings.blobLimits());
    }
}
