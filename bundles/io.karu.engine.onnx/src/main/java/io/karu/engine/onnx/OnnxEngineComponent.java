package io.karu.engine.onnx;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import java.nio.file.Path;
import java.time.Duration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Registers the engine while ONNX Runtime is loaded: the natives bundle registers its environment
 * as a service.
 */
@Component(name = "io.karu.engine.onnx.OnnxEngine", immediate = true)
public final class OnnxEngineComponent implements InferenceEngine {
    private static final Duration DEADLINE = Duration.ofSeconds(10);

    private final OnnxEngine engine;

    @Activate
    public OnnxEngineComponent(@Reference OrtEnvironment environment) {
        engine = new OnnxEngine(environment, DEADLINE);
    }

    @Deactivate
    void deactivate() {
        engine.close();
    }

    @Override
    public String name() {
        return engine.name();
    }

    @Override
    public String version() {
        return engine.version();
    }

    @Override
    public InferenceSession open(Path model, SessionOptions options) throws InferenceException {
        return engine.open(model, options);
    }
}
