package io.karu.api.inference;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Pinned input and output tensors of one session for one thread; reused for every frame. Not
 * thread-safe.
 */
@ProviderType
public interface Binding extends AutoCloseable {
    /**
     * The input tensor of that name, written in place before {@link #run()}. Throws
     * IllegalArgumentException if unknown.
     */
    Tensor input(String name);

    /**
     * The output tensor of that name, valid after {@link #run()} until the next run. Throws
     * IllegalArgumentException if unknown.
     */
    Tensor output(String name);

    /**
     * Runs the model once over the bound tensors.
     *
     * @throws InferenceException {@code ENGINE_STOPPED} when the session is closing or closed,
     *     {@code RUN_FAILED} otherwise
     */
    void run() throws InferenceException;

    /** Frees the tensors; idempotent; waits for a run in progress on another thread. */
    @Override
    void close();
}
