package io.karu.modelversion;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inference.Tensor;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What training or compression made, on its way to a model version: graph, card, metrics,
 * provenance and inputs whose outputs the engine computes and the version keeps as golden cases.
 * Not thread-safe.
 */
public final class TrainedModel {
    private static final double TOLERANCE = 1e-4;

    private final ModelCard card;
    private final byte[] graph;
    private final List<Map<String, Input>> inputs = new ArrayList<>();
    private final List<Metric> metrics = new ArrayList<>();
    private String lineage = "{}";
    private double tolerance = TOLERANCE;

    /** A golden input: its full shape and its raw little-endian bytes. */
    public record Input(List<Long> shape, byte[] bytes) {
        public Input {
            shape = List.copyOf(shape);
            Objects.requireNonNull(bytes, "bytes");
        }
    }

    /**
     * @param graph an ONNX model file's bytes
     */
    public TrainedModel(ModelCard card, byte[] graph) {
        this.card = Objects.requireNonNull(card, "card");
        this.graph = graph.clone();
    }

    /** Adds a golden case; at least one is needed. The inputs go by their names in the graph. */
    public TrainedModel golden(Map<String, Input> byName) {
        inputs.add(Map.copyOf(byName));
        return this;
    }

    /**
     * Adds a golden case of a graph with one image input, {@code [1,C,H,W]} with all sizes fixed.
     */
    public TrainedModel golden(byte[] image) {
        if (card.inputs().size() != 1) {
            throw new IllegalArgumentException(
                    "the graph has "
                            + card.inputs().size()
                            + " inputs; give each golden input by its name");
        }
        TensorInfo input = card.inputs().get(0);
        List<Long> shape = new ArrayList<>(input.shape());
        if (!shape.isEmpty() && shape.get(0) == -1) {
            shape.set(0, 1L);
        }
        return golden(Map.of(input.name(), new Input(shape, image)));
    }

    /**
     * Largest allowed absolute difference of a golden output on another machine; {@value
     * #TOLERANCE} unless said. A quantized graph needs one step of its output.
     */
    public TrainedModel tolerance(double difference) {
        tolerance = difference;
        return this;
    }

    public TrainedModel metric(Metric metric) {
        metrics.add(metric);
        return this;
    }

    public TrainedModel provenance(Provenance provenance) {
        lineage = provenance.toJson();
        return this;
    }

    /**
     * Runs the golden inputs and writes the version: aside, and in its place once it is whole, so
     * that a process that is killed leaves what was there or nothing.
     *
     * @param folder absent, empty, or a model version, which is replaced
     * @return the version as read back
     * @throws InferenceException when the engine refuses the graph or an input
     * @throws ModelException {@code CORRUPT} when the card contradicts itself
     * @throws IOException when the folder cannot be written or holds something else
     */
    public ModelVersionFolder write(InferenceEngine engine, Path folder)
            throws IOException, InferenceException, ModelException {
        if (inputs.isEmpty()) {
            throw new IllegalStateException(
                    "model " + card.name() + ": at least one golden input is needed");
        }
        requireReplaceable(folder);
        Path target = folder.toAbsolutePath().normalize();
        Path aside = target.resolveSibling("." + target.getFileName() + ".next");
        delete(aside);
        Path file = Files.createDirectories(aside).resolve(ModelVersionFolder.GRAPH);
        Files.write(file, graph);
        List<GoldenCase> cases = new ArrayList<>();
        Map<String, byte[]> tensors = new LinkedHashMap<>();
        try (InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY)) {
            for (Map<String, Input> one : inputs) {
                cases.add(record(session, cases.size() + 1, one, tensors));
            }
        }
        CardFile json = new CardFile(card, cases, metrics, lineage);
        ModelVersionFolder.create(aside, graph, json, tensors);
        delete(target);
        Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
        return ModelVersionFolder.read(folder);
    }

    private GoldenCase record(
            InferenceSession session,
            int number,
            Map<String, Input> given,
            Map<String, byte[]> tensors)
            throws InferenceException {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        given.forEach((name, input) -> shapes.put(name, input.shape()));
        try (Binding binding = session.bind(shapes)) {
            for (Map.Entry<String, Input> input : given.entrySet()) {
                fill(binding.input(input.getKey()), input.getValue().bytes());
            }
            binding.run();
            for (TensorInfo output : card.outputs()) {
                shapes.put(output.name(), binding.output(output.name()).shape());
            }
            GoldenCase recorded = new GoldenCase(number, tolerance, shapes);
            given.forEach(
                    (name, input) -> tensors.put(recorded.inputPath(name), input.bytes().clone()));
            for (TensorInfo output : card.outputs()) {
                tensors.put(
                        recorded.outputPath(output.name()), bytes(binding.output(output.name())));
            }
            return recorded;
        }
    }

    private static void fill(Tensor tensor, byte[] bytes) {
        if (tensor.data().capacity() != bytes.length) {
            throw new IllegalArgumentException(
                    "golden input "
                            + tensor.name()
                            + " has "
                            + bytes.length
                            + " bytes, shape "
                            + tensor.shape()
                            + " of "
                            + tensor.type()
                            + " takes "
                            + tensor.data().capacity());
        }
        ByteBuffer data = tensor.data().duplicate();
        data.clear();
        data.put(bytes);
    }

    private static byte[] bytes(Tensor tensor) {
        byte[] bytes = new byte[tensor.data().capacity()];
        ByteBuffer data = tensor.data().duplicate();
        data.clear();
        data.get(bytes);
        return bytes;
    }

    private static void requireReplaceable(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> entries = Files.list(folder)) {
            boolean empty = entries.findAny().isEmpty();
            if (!empty && !Files.isRegularFile(folder.resolve(ModelVersionFolder.CARD))) {
                throw new IOException(
                        folder + " holds something that is no model version; name another folder");
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
