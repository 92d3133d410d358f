package io.karu.engine.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.karu.api.inference.Binding;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceException.Code;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.TensorInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One native session. Its gate is entered around everything that touches native memory. */
final class OnnxSession implements InferenceSession {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxSession.class);

    private final OnnxEngine engine;
    private final OrtEnvironment environment;
    private final OrtSession session;
    private final List<TensorInfo> inputs;
    private final List<TensorInfo> outputs;
    private final OutputShapes outputShapes;
    private final UseGate gate = new UseGate();
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Takes over the native session, also when it throws. */
    OnnxSession(OnnxEngine engine, OrtEnvironment environment, OrtSession session)
            throws OrtException, InferenceException {
        this.engine = engine;
        this.environment = environment;
        this.session = session;
        try {
            this.inputs = describe("input", session.getInputInfo());
            this.outputs = describe("output", session.getOutputInfo());
            this.outputShapes = new OutputShapes(outputs);
        } catch (OrtException | InferenceException e) {
            session.close();
            throw e;
        }
    }

    @Override
    public List<TensorInfo> inputs() {
        return inputs;
    }

    @Override
    public List<TensorInfo> outputs() {
        return outputs;
    }

    @Override
    public Binding bind(Map<String, List<Long>> inputShapes) throws InferenceException {
        if (!gate.enter()) {
            throw OnnxEngine.stopped();
        }
        try {
            return new OnnxBinding(
                    environment, session, gate, Shapes.resolve(inputs, inputShapes), outputShapes);
        } finally {
            gate.exit();
        }
    }

    @Override
    public void close() {
        close(engine.deadline());
    }

    /** Refuses new uses without waiting. */
    void refuse() {
        gate.close();
    }

    void close(Duration deadline) {
        gate.close();
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        engine.forget(this);
        if (!gate.awaitUnused(deadline)) {
            LOG.error(
                    "a session is still used by {} run(s) after {} ms; it is leaked, since closing it would end the JVM",
                    gate.uses(),
                    deadline.toMillis());
            return;
        }
        try {
            session.close();
        } catch (OrtException e) {
            LOG.warn("closing a session failed: {}", e.getMessage());
        }
    }

    private static List<TensorInfo> describe(String side, Map<String, NodeInfo> nodes)
            throws InferenceException {
        List<TensorInfo> tensors = new ArrayList<>();
        for (NodeInfo node : nodes.values()) {
            if (!(node.getInfo() instanceof ai.onnxruntime.TensorInfo tensor)) {
                throw new InferenceException(
                        Code.MODEL_REFUSED, side + " " + node.getName() + " is not a tensor");
            }
            List<Long> shape = new ArrayList<>();
            for (long dimension : tensor.getShape()) {
                shape.add(dimension < 0 ? -1 : dimension);
            }
            tensors.add(
                    new TensorInfo(node.getName(), elementType(side, node, tensor.type), shape));
        }
        return List.copyOf(tensors);
    }

    private static ElementType elementType(String side, NodeInfo node, OnnxJavaType type)
            throws InferenceException {
        return switch (type) {
            case FLOAT -> ElementType.FLOAT;
            case UINT8 -> ElementType.UINT8;
            case INT8 -> ElementType.INT8;
            case INT32 -> ElementType.INT32;
            case INT64 -> ElementType.INT64;
            case BOOL -> ElementType.BOOL;
            default ->
                    throw new InferenceException(
                            Code.MODEL_REFUSED,
                            side
                                    + " "
                                    + node.getName()
                                    + " has elements of type "
                                    + type
                                    + "; FLOAT, UINT8, INT8, INT32, INT64 and BOOL can be used");
        };
    }

    static OnnxJavaType javaType(ElementType type) {
        return switch (type) {
            case FLOAT -> OnnxJavaType.FLOAT;
            case UINT8 -> OnnxJavaType.UINT8;
            case INT8 -> OnnxJavaType.INT8;
            case INT32 -> OnnxJavaType.INT32;
            case INT64 -> OnnxJavaType.INT64;
            case BOOL -> OnnxJavaType.BOOL;
        };
    }
}
