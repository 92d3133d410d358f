package io.karu.modelversion;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inference.Tensor;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Opens a version on an engine and lets it prove itself: card against graph, golden outputs,
 * warm-up.
 */
public final class Verification {
    /** First runs are slower: memory is laid out, code is compiled. */
    private static final int WARM_UP_RUNS = 3;

    /** Runs beyond those that the golden cases need are made only this long, in all. */
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private Verification() {}

    /**
     * A session that reproduced every golden case.
     *
     * @throws ModelException {@code ENGINE_REFUSED}, {@code CORRUPT} (the card contradicts the
     *     graph), {@code GOLDEN_MISMATCH} or {@code NO_ENGINE} (it stopped meanwhile)
     */
    public static InferenceSession open(
            ModelVersionFolder version, InferenceEngine engine, SessionOptions options)
            throws ModelException {
        try {
            InferenceSession session = engine.open(version.graph(), options);
            try {
                requireCard(version, session);
                long warmUpEnds = System.nanoTime() + WARM_UP_NANOS;
                for (GoldenCase golden : version.golden()) {
                    requireGolden(version, golden, session, warmUpEnds);
                }
                return session;
            } catch (ModelException | InferenceException | RuntimeException | Error e) {
                session.close();
                throw e;
            }
        } catch (InferenceException e) {
            Code code =
                    e.code() == InferenceException.Code.ENGINE_STOPPED
                            ? Code.NO_ENGINE
                            : Code.ENGINE_REFUSED;
            throw new ModelException(code, e.getMessage(), e);
        } catch (OutOfMemoryError e) {
            throw new ModelException(
                    Code.ENGINE_REFUSED,
                    "not enough memory to run the golden cases: " + e.getMessage(),
                    e);
        }
    }

    private static void requireCard(ModelVersionFolder version, InferenceSession session)
            throws ModelException {
        requireTensors("input", version.card().inputs(), session.inputs());
        requireTensors("output", version.card().outputs(), session.outputs());
    }

    private static void requireTensors(String side, List<TensorInfo> card, List<TensorInfo> graph)
            throws ModelException {
        Map<String, TensorInfo> left = new TreeMap<>();
        graph.forEach(tensor -> left.put(tensor.name(), tensor));
        for (TensorInfo tensor : card) {
            TensorInfo actual = left.remove(tensor.name());
            if (actual == null) {
                throw contradiction(side + " " + tensor.name() + " is not in the graph");
            }
            if (actual.type() != tensor.type() || !within(tensor.shape(), actual.shape())) {
                throw contradiction(
                        side
                                + " "
                                + tensor.name()
                                + " is "
                                + tensor.type()
                                + " "
                                + tensor.shape()
                                + " in the card, "
                                + actual.type()
                                + " "
                                + actual.shape()
                                + " in the graph");
            }
        }
        if (!left.isEmpty()) {
            throw contradiction(
                    "the graph's " + side + " " + left.keySet() + " is not in the card");
        }
    }

    private static boolean within(List<Long> card, List<Long> graph) {
        boolean within = card.size() == graph.size();
        for (int i = 0; within && i < card.size(); i++) {
            within = graph.get(i) == -1 || graph.get(i).equals(card.get(i));
        }
        return within;
    }

    private static void requireGolden(
            ModelVersionFolder version,
            GoldenCase golden,
            InferenceSession session,
            long warmUpEnds)
            throws ModelException, InferenceException {
        Map<String, List<Long>> shapes = new HashMap<>();
        for (TensorInfo input : version.card().inputs()) {
            shapes.put(input.name(), golden.shape(input.name()));
        }
        try (Binding binding = session.bind(shapes)) {
            for (TensorInfo input : version.card().inputs()) {
                Path file = version.root().resolve(golden.inputPath(input.name()));
                fill(binding.input(input.name()).data(), file);
            }
            binding.run();
            for (int run = 1; run < WARM_UP_RUNS && System.nanoTime() - warmUpEnds < 0; run++) {
                binding.run();
            }
            for (TensorInfo output : version.card().outputs()) {
                requireOutput(version, golden, binding.output(output.name()));
            }
        }
    }

    private static void requireOutput(ModelVersionFolder version, GoldenCase golden, Tensor actual)
            throws ModelException {
        List<Long> shape = golden.shape(actual.name());
        if (!actual.shape().equals(shape)) {
            throw mismatch(
                    golden, actual, "has shape " + actual.shape() + ", recorded was " + shape);
        }
        ByteBuffer expected = read(version.root().resolve(golden.outputPath(actual.name())));
        int elements = expected.remaining() / actual.type().bytes();
        for (int i = 0; i < elements; i++) {
            double want = element(expected, actual, i);
            double got = element(actual.data(), actual, i);
            if (!(Math.abs(got - want) <= golden.tolerance())) {
                throw mismatch(
                        golden,
                        actual,
                        "element "
                                + i
                                + " is "
                                + got
                                + ", recorded was "
                                + want
                                + " (tolerance "
                                + golden.tolerance()
                                + ")");
            }
        }
    }

    private static double element(ByteBuffer data, Tensor tensor, int index) {
        return switch (tensor.type()) {
            case FLOAT -> data.getFloat(index * Float.BYTES);
            case UINT8, BOOL -> data.get(index) & 0xff;
            case INT8 -> data.get(index);
            case INT32 -> data.getInt(index * Integer.BYTES);
            case INT64 -> data.getLong(index * Long.BYTES);
        };
    }

    private static void fill(ByteBuffer data, Path file) throws ModelException {
        data.clear();
        try (FileChannel channel = FileChannel.open(file)) {
            while (data.hasRemaining() && channel.read(data) >= 0) {
                // until full
            }
        } catch (IOException e) {
            throw new ModelException(Code.CORRUPT, file.getFileName() + ": " + e.getMessage(), e);
        }
        data.clear();
    }

    private static ByteBuffer read(Path file) throws ModelException {
        try {
            return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw new ModelException(Code.CORRUPT, file.getFileName() + ": " + e.getMessage(), e);
        }
    }

    private static ModelException contradiction(String message) {
        return new ModelException(Code.CORRUPT, "card and graph differ: " + message);
    }

    private static ModelException mismatch(GoldenCase golden, Tensor tensor, String message) {
        return new ModelException(
                Code.GOLDEN_MISMATCH,
                "golden case " + golden.number() + ": output " + tensor.name() + " " + message);
    }
}
