package io.karu.aggregator.mqtt;

import io.karu.aggregator.store.DatabaseThreads;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Where credentials wait to be checked when a fleet returns at once. The queue is bounded, and a
 * check that has waited longer than a client does is not made any more: the client is told to come
 * back. So the threads work only for clients that are still there. Thread-safe.
 */
final class AdmissionQueue implements AutoCloseable {
    private final Duration patience;
    private final AtomicInteger number = new AtomicInteger();
    private final ExecutorService threads;

    /**
     * @param capacity checks that wait at most
     * @param patience how long one waits at most
     */
    AdmissionQueue(int threads, int capacity, Duration patience) {
        this.patience = patience;
        this.threads =
                new ThreadPoolExecutor(
                        threads,
                        threads,
                        0,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(capacity),
                        work -> new Thread(work, "broker-gate-" + number.incrementAndGet()));
    }

    /** Makes the check in its turn; the decision is told once, here or on a thread of the queue. */
    void check(Supplier<Admission> check, Consumer<Admission> decision) {
        long began = System.nanoTime();
        try {
            threads.execute(() -> decision.accept(isLate(began) ? Admission.busy() : check.get()));
        } catch (RejectedExecutionException e) {
            decision.accept(Admission.busy());
        }
    }

    private boolean isLate(long began) {
        return System.nanoTime() - began > patience.toNanos();
    }

    @Override
    public void close() {
        DatabaseThreads.end(threads);
    }
}
