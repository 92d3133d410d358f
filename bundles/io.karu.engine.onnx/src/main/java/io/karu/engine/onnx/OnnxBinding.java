package io.karu.engine.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceException.Code;
import io.karu.api.inference.Tensor;
import io.karu.api.inference.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Direct buffers that ONNX Runtime reads and writes in place. Its own lock keeps {@link #close} off
 * a run in progress; the session's gate keeps the session open during a run.
 */
final class OnnxBinding implements Binding {
    private final OrtSession session;
    private final UseGate gate;
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final Map<String, Tensor> outputs = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> inputValues = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> outputValues = new LinkedHashMap<>();
    private boolean closed;

    /** The caller holds the gate. */
    OnnxBinding(
            OrtEnvironment environment,
            OrtSession session,
            UseGate gate,
            List<TensorInfo> inputInfos,
            OutputShapes outputShapes)
            throws InferenceException {
        this.session = session;
        this.gate = gate;
        try {
            for (TensorInfo input : inputInfos) {
                pin(environment, input, inputs, inputValues);
            }
            for (TensorInfo output : outputShapes.at(inputInfos, () -> session.run(inputValues))) {
                pin(environment, output, outputs, outputValues);
            }
        } catch (OrtException e) {
            free();
            throw new InferenceException(
                    Code.TENSOR_MISMATCH,
                    "the graph does not take " + inputInfos + ": " + e.getMessage(),
                    e);
        } catch (InferenceException | RuntimeException | OutOfMemoryError e) {
            free();
            throw e;
        }
    }

    @Override
    public Tensor input(String name) {
        return require(inputs, name, "input");
    }

    @Override
    public Tensor output(String name) {
        return require(outputs, name, "output");
    }

    @Override
    public synchronized void run() throws InferenceException {
        if (closed || !gate.enter()) {
            throw OnnxEngine.stopped();
        }
        try {
            session.run(inputValues, outputValues).close();
        } catch (OrtException e) {
            throw new InferenceException(Code.RUN_FAILED, "the run failed: " + e.getMessage(), e);
        } finally {
            gate.exit();
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            free();
        }
    }

    private static void pin(
            OrtEnvironment environment,
            TensorInfo info,
            Map<String, Tensor> tensors,
            Map<String, OnnxTensor> values)
            throws OrtException, InferenceException {
        ByteBuffer data =
                ByteBuffer.allocateDirect(Shapes.bytes(info)).order(ByteOrder.nativeOrder());
        long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
        values.put(
                info.name(),
                OnnxTensor.createTensor(
                        environment, data, shape, OnnxSession.javaType(info.type())));
        tensors.put(info.name(), new Tensor(info.name(), info.type(), info.shape(), data));
    }

    private void free() {
        inputValues.values().forEach(OnnxTensor::close);
        outputValues.values().forEach(OnnxTensor::close);
    }

    private static Tensor require(Map<String, Tensor> tensors, String name, String side) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException(
                    "no " + side + " named " + name + "; there are " + tensors.keySet());
        }
        return tensor;
    }
}
