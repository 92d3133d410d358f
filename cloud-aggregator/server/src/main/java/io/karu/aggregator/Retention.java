package io.karu.aggregator;

import io.karu.aggregator.blob.DatabaseBlobStore;
import io.karu.aggregator.evidence.EvidenceStore;
import io.karu.aggregator.verdict.DatabaseVerdictStore;
import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends what is kept longer, or is more, than the settings say: verdicts, evidence, images. */
final class Retention implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
    private static final long MINUTES = 10;
    private static final long STOP_SECONDS = 30;

    private final Settings settings;
    private final DatabaseVerdictStore verdicts;
    private final EvidenceStore evidence;
    private final DatabaseBlobStore blobs;
    private final BooleanSupplier leads;
    private final ScheduledExecutorService executor =
            Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "retention"));

    /**
     * @param leads whether this aggregator is the one that acts
     */
    Retention(
            Settings settings,
            DatabaseVerdictStore verdicts,
            EvidenceStore evidence,
            DatabaseBlobStore blobs,
            BooleanSupplier leads) {
        this.settings = settings;
        this.verdicts = verdicts;
        this.evidence = evidence;
        this.blobs = blobs;
        this.leads = leads;
    }

    void start() {
        executor.scheduleWithFixedDelay(this::retain, 1, MINUTES, TimeUnit.MINUTES);
    }

    private void retain() {
        if (!leads.getAsBoolean()) {
            return;
        }
        try {
            long gone = verdicts.retain(settings.verdictAge(), settings.verdictCount());
            evidence.retain(settings.verdictAge());
            int files = blobs.retain(settings.blobAge(), settings.blobBytes());
            if (gone + files > 0) {
                LOG.info("Retention ended for {} verdicts and {} images", gone, files);
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("Retention could not be kept now", e);
        }
    }

    /** An interrupt could close the database's file. */
    @Override
    public void close() throws InterruptedException {
        executor.shutdown();
        executor.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
    }
}
