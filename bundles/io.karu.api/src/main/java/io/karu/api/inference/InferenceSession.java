package io.karu.api.inference;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/**
 * An opened model. Thread-safe; each inspection thread makes its own {@link Binding}.
 *
 * <p>{@link #close()} refuses new bindings and runs, waits for runs in progress up to the engine's
 * deadline, and then frees the native session. A session still in use at the deadline is leaked and
 * reported, never closed: closing it would end the JVM.
 */
@ProviderType
public interface InferenceSession extends AutoCloseable {
    List<TensorInfo> inputs();

    List<TensorInfo> outputs();

    /**
     * Allocates the input and output tensors of one thread.
     *
     * @param inputShapes full shape per input whose {@link TensorInfo} leaves dimensions open;
     *     others may be left out
     * @throws InferenceException {@code TENSOR_MISMATCH} when a shape contradicts the graph or is
     *     missing
     */
    Binding bind(Map<String, List<Long>> inputShapes) throws InferenceException;

    @Override
    void close();
}
