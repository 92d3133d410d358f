package io.karu.compression;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inference.Tensor;
import io.karu.onnx.Graph;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A graph opened in an engine for one thread. Not thread-safe. */
public final class OpenGraph implements AutoCloseable {
    private final InferenceSession session;
    private Map<String, List<Long>> shapes;
    private Binding binding;

    /** Opens a graph with one thread. */
    public OpenGraph(InferenceEngine engine, Graph graph, Map<String, List<Long>> shapes)
            throws InferenceException {
        session = session(engine, graph);
        try {
            binding = session.bind(shapes);
            this.shapes = shapes;
        } catch (InferenceException | RuntimeException | OutOfMemoryError e) {
            session.close();
            throw e;
        }
    }

    /** Opens a graph with one thread, for inputs of any size. */
    public static InferenceSession session(InferenceEngine engine, Graph graph)
            throws InferenceException {
        Path file = null;
        try {
            file = Files.createTempFile("karu-compression", ".onnx");
            graph.write(file);
            return engine.open(file, SessionOptions.SHARED_GATEWAY);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write a graph for " + engine.name(), e);
        } finally {
            delete(file);
        }
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            file.toFile().deleteOnExit();
        }
    }

    /** Its tensors for inputs of the size of the last run. */
    public Binding binding() {
        return binding;
    }

    /** Runs one sample. */
    public void run(Samples samples, int index) throws InferenceException {
        Map<String, List<Long>> wanted = samples.shapes(index);
        if (!wanted.equals(shapes)) {
            Binding other = session.bind(wanted);
            binding.close();
            binding = other;
            shapes = wanted;
        }
        samples.write(index, binding);
        binding.run();
    }

    /** A copy of a FLOAT output of the last run. */
    public float[] floats(String output) {
        return copy(binding.output(output));
    }

    /** A copy of a FLOAT input. */
    float[] inputFloats(String input) {
        return copy(binding.input(input));
    }

    private static float[] copy(Tensor tensor) {
        FloatBuffer buffer =
                tensor.data().duplicate().order(tensor.data().order()).rewind().asFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    @Override
    public void close() {
        binding.close();
        session.close();
    }
}
