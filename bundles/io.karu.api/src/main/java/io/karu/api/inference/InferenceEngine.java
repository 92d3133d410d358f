package io.karu.api.inference;

import java.nio.file.Path;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Executes models. An OSGi service, one per native stack; it comes and goes with its bundle, so
 * references to it are dynamic. Thread-safe.
 */
@ProviderType
public interface InferenceEngine {
    /** Stable short name, for instance {@code onnxruntime}. */
    String name();

    /** Version of the native stack, for instance {@code 1.29.0}. */
    String version();

    /**
     * Opens a model. Slow (tens to hundreds of milliseconds): never on the inspection thread.
     *
     * @param model path of an ONNX file, readable until this method returns
     * @throws InferenceException {@code MODEL_REFUSED} when the engine cannot execute it, {@code
     *     ENGINE_STOPPED} when stopping
     */
    InferenceSession open(Path model, SessionOptions options) throws InferenceException;
}
