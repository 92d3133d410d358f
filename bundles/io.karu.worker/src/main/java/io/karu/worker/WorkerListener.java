package io.karu.worker;

/** Hears from a worker, in the thread that reads its lines. Must not block. */
public interface WorkerListener {
    /** Hears nothing. */
    WorkerListener NONE = progress -> {};

    /** How far it is. */
    void progress(WorkerProgress progress);
}
