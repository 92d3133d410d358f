package io.karu.learning.anomaly;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * An anomaly model in which a small student predicts a teacher's features from pixels: having seen
 * good parts only, it predicts them well there and badly elsewhere (Wang et al., "Student-Teacher
 * Feature Pyramid Matching", 2021). The teacher is an {@link Extractor}, standardised over good
 * parts; the student's narrow middle lets it keep only what good parts need. Both and the
 * comparison are one graph, with the outputs of {@link PatchMemory}.
 *
 * <p>Training the student is not done here: {@link #student} gives its graph, the trained weights
 * come back as arrays. Immutable.
 */
public final class StudentTeacher {
    /** The student graph's output, FLOAT {@code [N,channels,H/8,W/8]}. */
    public static final String FEATURES = GraphRunner.FEATURES;

    /** The student graph's input, UINT8 {@code [N,1,H,W]}. */
    public static final String IMAGE = GraphRunner.IMAGE;

    private static final int CELLS_AN_IMAGE = 100;
    private static final float DARK = 10;
    private static final int WORST = 16;

    /** Kernel side, stride and share of the width of each layer; the narrow one is the middle. */
    private static final double[][] LAYERS = {
        {3, 2, 0.5}, {3, 2, 1}, {3, 2, 2}, {3, 1, 2}, {1, 1, 0.25}, {3, 1, 2}
    };

    private final Extractor teacher;
    private final float[] mean;
    private final float[] spread;
    private final int width;

    private StudentTeacher(Extractor teacher, float[] mean, float[] spread, int width) {
        this.teacher = teacher;
        this.mean = mean;
        this.spread = spread;
        this.width = width;
    }

    /**
     * Measures the teacher's features on good parts.
     *
     * @param teacher of stride 8
     * @param width channels of the student's second layer, at least 8
     */
    public static StudentTeacher standardise(
            InferenceEngine engine, Extractor teacher, List<GoodPart> good, int width, long seed)
            throws IOException, InferenceException {
        if (teacher.stride() != 8 || width < 8) {
            throw new IllegalArgumentException(
                    "teacher of stride " + teacher.stride() + ", student of width " + width);
        }
        int channels = teacher.channels();
        double[] sum = new double[channels];
        double[] squares = new double[channels];
        float[] cell = new float[channels];
        SplittableRandom random = new SplittableRandom(seed);
        long count = 0;
        float[] zeros = new float[channels];
        float[] ones = new float[channels];
        java.util.Arrays.fill(ones, 1);
        StudentTeacher plain = new StudentTeacher(teacher, zeros, ones, width);
        try (Teacher features = plain.teacher(engine)) {
            int images = Math.min(200, good.size());
            for (int i = 0; i < images; i++) {
                FeatureMap map =
                        features.runner.run(
                                good.get((int) ((long) i * good.size() / images)).image().read());
                for (int j = 0; j < CELLS_AN_IMAGE; j++, count++) {
                    map.cell(random.nextInt(map.rows()), random.nextInt(map.columns()), cell);
                    for (int c = 0; c < channels; c++) {
                        sum[c] += cell[c];
                        squares[c] += (double) cell[c] * cell[c];
                    }
                }
            }
        }
        float[] mean = new float[channels];
        float[] spread = new float[channels];
        for (int c = 0; c < channels; c++) {
            double middle = sum[c] / count;
            mean[c] = (float) middle;
            spread[c] =
                    (float) (Math.sqrt(Math.max(0, squares[c] / count - middle * middle)) + 1e-3);
        }
        return new StudentTeacher(teacher, mean, spread, width);
    }

    /** Features that the teacher gives and the student predicts. */
    public int channels() {
        return teacher.channels();
    }

    /** A running teacher: what the student shall predict. */
    public static final class Teacher implements AutoCloseable {
        private final GraphRunner runner;

        private Teacher(GraphRunner runner) {
            this.runner = runner;
        }

        /** Standardised features, {@code [channels, H/8, W/8]}. */
        public float[] features(GrayImage image) throws InferenceException {
            return runner.run(image).values();
        }

        @Override
        public void close() {
            runner.close();
        }
    }

    /** Starts the teacher. */
    public Teacher teacher(InferenceEngine engine) throws IOException, InferenceException {
        GraphBuilder graph = new GraphBuilder("teacher");
        Value features = appendTeacher(graph, PatchEmbedding.pixels(graph));
        graph.output(FEATURES, features, DataType.FLOAT, 1, channels(), "rows", "columns");
        return new Teacher(new GraphRunner(engine, graph.build()));
    }

    /** Weights of a student that has learned nothing: a kernel and a bias for each layer. */
    public List<float[]> untrained(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<float[]> weights = new ArrayList<>();
        int in = 1;
        for (int layer = 0; layer <= LAYERS.length; layer++) {
            int out = outputs(layer);
            int side = side(layer);
            float[] kernel = new float[out * in * side * side];
            double size = Math.sqrt(2.0 / (in * side * side));
            for (int i = 0; i < kernel.length; i++) {
                kernel[i] = (float) (size * random.nextGaussian());
            }
            weights.add(kernel);
            weights.add(new float[out]);
            in = out;
        }
        return weights;
    }

    /** The student alone; its constants are the weights in their order. */
    public ModelProto student(List<float[]> weights) {
        GraphBuilder graph = new GraphBuilder("student");
        Value image = graph.input(IMAGE, DataType.UINT8, "N", 1, "height", "width");
        Value pixels =
                graph.node(
                        "Cast",
                        List.of(image),
                        Attribute.integer("to", DataType.FLOAT.getNumber()));
        graph.output(
                FEATURES,
                appendStudent(graph, pixels, weights),
                DataType.FLOAT,
                "N",
                channels(),
                "rows",
                "columns");
        return graph.build();
    }

    /**
     * The whole model: pixels in, score and map out.
     *
     * @param weights of the trained student
     * @param usual foreignness of a good part, above 0: there the score is one half
     */
    public ModelProto toModel(String name, List<float[]> weights, double usual) throws IOException {
        GraphBuilder graph = new GraphBuilder(name);
        Value pixels = PatchEmbedding.pixels(graph);
        Value difference =
                graph.node(
                        "Sub", appendTeacher(graph, pixels), appendStudent(graph, pixels, weights));
        Value distances =
                graph.node(
                        "Sqrt",
                        graph.node(
                                "ReduceMean",
                                List.of(graph.node("Mul", difference, difference)),
                                Attribute.integers("axes", 1),
                                Attribute.integer("keepdims", 1)));
        Value relative = graph.node("Div", distances, graph.scalar((float) usual));
        Value powers =
                graph.node(
                        "ReduceMean",
                        List.of(graph.node("Pow", relative, graph.scalar((float) WORST))),
                        Attribute.integers("axes", 1, 2, 3),
                        Attribute.integer("keepdims", 0));
        Value worst = graph.node("Pow", powers, graph.scalar(1f / WORST));
        graph.output(PatchMemory.SCORE, BankGraph.share(graph, worst, 1), DataType.FLOAT, 1);
        Value smooth =
                graph.node(
                        "AveragePool",
                        List.of(relative),
                        Attribute.integers("kernel_shape", 3, 3),
                        Attribute.integers("strides", 1, 1),
                        Attribute.integers("pads", 1, 1, 1, 1));
        graph.output(
                PatchMemory.MAP,
                BankGraph.share(graph, BankGraph.enlarge(graph, smooth, 2), 1),
                DataType.FLOAT,
                1,
                1,
                "rows",
                "columns");
        return graph.build();
    }

    private Value appendTeacher(GraphBuilder graph, Value pixels) throws IOException {
        Value features = teacher.append(graph, pixels);
        Value centred = graph.node("Sub", features, graph.constant(mean, 1, channels(), 1, 1));
        return graph.node("Div", centred, graph.constant(spread, 1, channels(), 1, 1));
    }

    private Value appendStudent(GraphBuilder graph, Value pixels, List<float[]> weights) {
        Value logarithm = graph.node("Log", graph.node("Add", pixels, graph.scalar(DARK)));
        Value over =
                graph.node(
                        "ReduceMean",
                        List.of(logarithm),
                        Attribute.integers("axes", 2, 3),
                        Attribute.integer("keepdims", 1));
        Value value = graph.node("Sub", logarithm, over);
        int in = 1;
        for (int layer = 0; layer <= LAYERS.length; layer++) {
            int out = outputs(layer);
            int side = side(layer);
            int stride = layer < LAYERS.length ? (int) LAYERS[layer][1] : 1;
            int before = stride == 2 ? 0 : side / 2;
            value =
                    graph.node(
                            "Conv",
                            List.of(
                                    value,
                                    graph.constant(weights.get(2 * layer), out, in, side, side),
                                    graph.constant(weights.get(2 * layer + 1), out)),
                            Attribute.integers("kernel_shape", side, side),
                            Attribute.integers("strides", stride, stride),
                            Attribute.integers("pads", before, before, side / 2, side / 2));
            if (layer < LAYERS.length) {
                value = graph.node("Relu", value);
            }
            in = out;
        }
        return value;
    }

    private int outputs(int layer) {
        return layer == LAYERS.length ? channels() : (int) Math.round(LAYERS[layer][2] * width);
    }

    private static int side(int layer) {
        return layer == LAYERS.length ? 1 : (int) LAYERS[layer][0];
    }
}
