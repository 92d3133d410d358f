package io.karu.engine.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.karu.api.inference.TensorInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Full shapes of a session's outputs. What the graph leaves open is learnt from one run over zeros,
 * once for each set of input shapes: a run takes as long as a frame. Thread-safe.
 */
final class OutputShapes {
    private static final int MOST = 16;

    private final List<TensorInfo> declared;
    private final boolean open;
    private final Map<List<TensorInfo>, List<TensorInfo>> learnt =
            new LinkedHashMap<>(MOST, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(
                        Map.Entry<List<TensorInfo>, List<TensorInfo>> eldest) {
                    return size() > MOST;
                }
            };

    /** One run over the inputs. */
    interface Run {
        OrtSession.Result result() throws OrtException;
    }

    /**
     * @param declared as the graph declares them, -1 for what it leaves open
     */
    OutputShapes(List<TensorInfo> declared) {
        this.declared = declared;
        this.open = declared.stream().anyMatch(info -> info.shape().contains(-1L));
    }

    /**
     * @param inputs with full shapes
     */
    List<TensorInfo> at(List<TensorInfo> inputs, Run run) throws OrtException {
        if (!open) {
            return declared;
        }
        synchronized (learnt) {
            List<TensorInfo> known = learnt.get(inputs);
            if (known != null) {
                return known;
            }
        }
        List<TensorInfo> full = learn(run);
        synchronized (learnt) {
            learnt.put(List.copyOf(inputs), full);
        }
        return full;
    }

    private List<TensorInfo> learn(Run run) throws OrtException {
        List<TensorInfo> full = new ArrayList<>();
        try (OrtSession.Result result = run.result()) {
            for (TensorInfo info : declared) {
                OnnxValue value = result.get(info.name()).orElseThrow();
                List<Long> shape = new ArrayList<>();
                for (long dimension : ((OnnxTensor) value).getInfo().getShape()) {
                    shape.add(dimension);
                }
                full.add(new TensorInfo(info.name(), info.type(), shape));
            }
        }
        return List.copyOf(full);
    }
}
