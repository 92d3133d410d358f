package io.karu.worker;

/**
 * What a worker does; run in the child JVM. Has a public constructor without parameters.
 *
 * <p>A task keeps whatever it must not lose in {@link WorkerContext#folder} and begins by looking
 * there: it may have been killed before at any moment.
 */
@FunctionalInterface
public interface WorkerTask {
    /**
     * Does the work. Ends soon after {@link WorkerContext#isCancelled} has become true.
     *
     * @throws Exception the worker has failed; its message reaches the one who started it
     */
    void run(WorkerContext context) throws Exception;
}
