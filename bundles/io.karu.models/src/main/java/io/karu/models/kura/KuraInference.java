package io.karu.models.kura;

import io.karu.api.inference.Binding;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.vision.GrayDecoder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.ai.inference.ModelInfo;
import org.eclipse.kura.ai.inference.Tensor;
import org.eclipse.kura.ai.inference.TensorDescriptor;

/**
 * Karu's models as Kura's AI wire component wants them. That component asks {@code loadModel} only
 * of models that are loaded, keeps a {@code ModelInfo} until it is reconfigured, and goes on
 * calling after this service has stopped: so models need no loading, an older {@code ModelInfo} of
 * the same name is as good as a newer, and a stopped service only throws.
 *
 * <p>An input is a list of elements, the raw bytes of the tensor, or, where the model takes a gray
 * image of any size, the bytes of a JPEG, PNG or BMP file. An output of one element is that
 * element, any other is its raw bytes in native order, since the wire component forwards only
 * single values and bytes.
 */
final class KuraInference {
    private final ModelsComponent models;
    private final GrayDecoder images = new GrayDecoder();
    private boolean stopped;
    private InferenceSession bound;
    private Map<String, List<Long>> boundShapes;
    private Binding binding;

    KuraInference(ModelsComponent models) {
        this.models = models;
    }

    synchronized void stop() {
        stopped = true;
        release();
        images.close();
    }

    /** The engine has gone: keeps nothing of it. */
    synchronized void engineLeft() {
        release();
    }

    synchronized boolean isEngineReady() throws KuraException {
        requireRunning();
        return models.isReady();
    }

    synchronized List<String> getModelNames() throws KuraException {
        requireRunning();
        return models.status().stream()
                .filter(status -> status.aliases().contains(ModelRef.CHAMPION))
                .map(ModelStatus::name)
                .toList();
    }

    synchronized boolean isModelLoaded(String name) throws KuraException {
        requireRunning();
        try (ModelLease lease = models.lease(reference(name))) {
            return true;
        } catch (ModelException e) {
            return false;
        }
    }

    synchronized void loadModel(String name, Optional<String> path) throws KuraException {
        requireRunning();
        lease(name).close();
    }

    synchronized void unloadModel(String name) throws KuraException {
        requireRunning();
    }

    synchronized Optional<ModelInfo> getModelInfo(String name) throws KuraException {
        requireRunning();
        try (ModelLease lease = models.lease(reference(name))) {
            ModelCard card = lease.card();
            return Optional.of(
                    ModelInfo.builder(name)
                            .platform("onnxruntime")
                            .addParameter("version", card.version())
                            .addParameter("digest", lease.digest().value())
                            .addAllInputDescriptor(descriptors(card.inputs()))
                            .addAllOutputDescriptor(descriptors(card.outputs()))
                            .build());
        } catch (ModelException e) {
            if (e.code() == ModelException.Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw unavailable(e.getMessage());
        }
    }

    synchronized List<Tensor> infer(ModelInfo model, List<Tensor> inputs) throws KuraException {
        requireRunning();
        try (ModelLease lease = lease(model.getName())) {
            Map<String, KuraInput> byName = inputs(lease.card(), inputs);
            bind(lease, byName);
            for (KuraInput input : byName.values()) {
                input.write(binding.input(input.name()));
            }
            binding.run();
            List<Tensor> outputs = new ArrayList<>();
            for (TensorInfo output : lease.card().outputs()) {
                outputs.add(read(binding.output(output.name())));
            }
            return outputs;
        } catch (InferenceException e) {
            release();
            throw e.code() == InferenceException.Code.ENGINE_STOPPED
                    ? unavailable(e.getMessage())
                    : invalid(e.getMessage());
        }
    }

    private Map<String, KuraInput> inputs(ModelCard card, List<Tensor> given) throws KuraException {
        Map<String, KuraInput> inputs = new HashMap<>();
        for (TensorInfo input : card.inputs()) {
            Optional<Tensor> tensor =
                    given.stream()
                            .filter(t -> t.getDescriptor().getName().equals(input.name()))
                            .findFirst();
            if (tensor.isEmpty()) {
                throw invalid("input " + input.name() + " is missing");
            }
            try {
                inputs.put(input.name(), KuraInput.of(input, tensor.get(), images));
            } catch (IllegalArgumentException e) {
                throw invalid("input " + input.name() + ": " + e.getMessage());
            }
        }
        return inputs;
    }

    /** Keeps one binding: that of the last session and shapes. */
    private void bind(ModelLease lease, Map<String, KuraInput> inputs) throws InferenceException {
        Map<String, List<Long>> shapes = new HashMap<>();
        inputs.forEach((name, input) -> shapes.put(name, input.shape()));
        if (bound != lease.session() || !shapes.equals(boundShapes)) {
            release();
            binding = lease.session().bind(shapes);
            bound = lease.session();
            boundShapes = shapes;
        }
    }

    private void release() {
        if (binding != null) {
            binding.close();
        }
        binding = null;
        bound = null;
        boundShapes = null;
    }

    private static Tensor read(io.karu.api.inference.Tensor from) {
        ByteBuffer buffer = from.data();
        TensorDescriptor descriptor = descriptor(from.name(), from.type(), from.shape());
        if (buffer.capacity() == from.type().bytes()) {
            return switch (from.type()) {
                case FLOAT -> new Tensor(Float.class, descriptor, List.of(buffer.getFloat(0)));
                case INT32 -> new Tensor(Integer.class, descriptor, List.of(buffer.getInt(0)));
                case INT64 -> new Tensor(Long.class, descriptor, List.of(buffer.getLong(0)));
                case BOOL -> new Tensor(Boolean.class, descriptor, List.of(buffer.get(0) != 0));
                case UINT8, INT8 -> new Tensor(Byte.class, descriptor, List.of(buffer.get(0)));
            };
        }
        Byte[] bytes = new Byte[buffer.capacity()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = buffer.get(i);
        }
        return new Tensor(Byte.class, descriptor, Arrays.asList(bytes));
    }

    private static List<TensorDescriptor> descriptors(List<TensorInfo> tensors) {
        return tensors.stream()
                .map(tensor -> descriptor(tensor.name(), tensor.type(), tensor.shape()))
                .toList();
    }

    private static TensorDescriptor descriptor(String name, ElementType type, List<Long> shape) {
        return TensorDescriptor.builder(name, type.name(), shape).build();
    }

    private ModelLease lease(String name) throws KuraException {
        try {
            return models.lease(reference(name));
        } catch (ModelException e) {
            throw unavailable(e.getMessage());
        }
    }

    private static ModelRef reference(String name) throws KuraException {
        try {
            return ModelRef.parse(name);
        } catch (IllegalArgumentException e) {
            throw invalid(e.getMessage());
        }
    }

    private void requireRunning() throws KuraException {
        if (stopped) {
            throw unavailable("Karu's models have stopped");
        }
    }

    private static KuraException unavailable(String reason) {
        return new KuraException(KuraErrorCode.SERVICE_UNAVAILABLE, reason);
    }

    private static KuraException invalid(String reason) {
        return new KuraException(KuraErrorCode.BAD_REQUEST, reason);
    }
}
