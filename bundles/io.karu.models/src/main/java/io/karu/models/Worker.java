package io.karu.models;

import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that does everything slow and changes the record. */
final class Worker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
    private static final Duration CALL_ENDS = Duration.ofSeconds(55);
    private static final Duration CLOSE_ENDS = Duration.ofSeconds(30);

    /** Work that may fail. */
    interface Task {
        void run() throws Exception;
    }

    private final ScheduledExecutorService executor =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        Thread thread = new Thread(task, "karu-models");
                        thread.setDaemon(true);
                        return thread;
                    });
    private final Runnable afterEach;
    private volatile boolean closing;

    /**
     * @param afterEach runs on the thread after each piece of work
     */
    Worker(Runnable afterEach) {
        this.afterEach = afterEach;
    }

    /** Queues work; its failure is logged. Nothing happens once closing. */
    void submit(String what, Task task) {
        submit(what, Duration.ZERO, task);
    }

    /** Queues work that begins after a delay. */
    void submit(String what, Duration delay, Task task) {
        try {
            executor.schedule(() -> run(what, task), delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: stopped", what);
        }
    }

    /**
     * Does work and waits for it.
     *
     * @throws ModelException that of the work, {@code BUSY} when it takes too long, or {@code
     *     NO_ENGINE} when stopped
     */
    <T> T call(Callable<T> task) throws ModelException {
        try {
            Future<T> result =
                    executor.submit(
                            () -> {
                                try {
                                    return task.call();
                                } finally {
                                    afterEach.run();
                                }
                            });
            return result.get(CALL_ENDS.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new ModelException(
                    Code.BUSY,
                    "not done after "
                            + CALL_ENDS.toSeconds()
                            + " s; it goes on, and the status will show the result");
        } catch (RejectedExecutionException e) {
            throw new ModelException(Code.NO_ENGINE, "the models component has stopped");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the models worker", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ModelException model) {
                throw model;
            }
            if (e.getCause() instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /**
     * Has it done on the thread after a delay, also while closing, or at once on the caller's when
     * the thread has ended.
     */
    void runAnyway(Duration delay, Runnable task) {
        try {
            executor.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }

    @Override
    public void close() {
        closing = true;
        executor.shutdown();
        try {
            if (!executor.awaitTermination(CLOSE_ENDS.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.error("the models worker did not end within {} s", CLOSE_ENDS.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run(String what, Task task) {
        try {
            if (!closing) {
                task.run();
            }
        } catch (Exception | LinkageError e) {
            LOG.error("{} failed: {}", what, e.getMessage(), e);
        } finally {
            afterEach.run();
        }
    }
}
