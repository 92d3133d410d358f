package io.karu.aggregator.store;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends threads that may be in the database: they are not interrupted, since H2 closes its file when
 * a thread is interrupted in it.
 */
public final class DatabaseThreads {
    private static final Logger LOG = LoggerFactory.getLogger(DatabaseThreads.class);
    private static final Duration DEADLINE = Duration.ofSeconds(5);

    private DatabaseThreads() {}

    /** Waits at most 5 s for what runs; what has not begun is dropped where the queue is known. */
    public static void end(ExecutorService threads) {
        threads.shutdown();
        if (threads instanceof ThreadPoolExecutor pool) {
            pool.getQueue().clear();
        }
        try {
            if (!threads.awaitTermination(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                LOG.warn("Work is still going on after {} s: {}", DEADLINE.toSeconds(), threads);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
