package io.karu.training.detection;

import io.karu.onnx.Attribute;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.vision.pair.PairCrops;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The network that judges a cut-out: plain 3 × 3 convolutions with batch normalisation, which fold
 * and quantize well, and two fully connected layers. Input {@code crops} UINT8 {@code [N,4,S,S]};
 * outputs {@code logits} FLOAT {@code [N,K+1]}, background last, and {@code box} FLOAT {@code
 * [N,4]}.
 */
final class DetectorNetwork {
    static final String INPUT = "crops";
    static final String LOGITS = "logits";
    static final String BOX = "box";

    /** Channels, kernel and stride of each convolution. */
    private static final int[][] LAYERS = {
        {24, 5, 2}, {24, 3, 1}, {48, 3, 2}, {48, 3, 1}, {64, 3, 2}, {64, 3, 1}
    };

    private static final int SQUEEZED = 32;
    private static final int HIDDEN = 128;

    private final GraphBuilder graph = new GraphBuilder("pair-detector");
    private final SplittableRandom random;

    private DetectorNetwork(long seed) {
        random = new SplittableRandom(seed);
    }

    /**
     * A network with random weights.
     *
     * @param side width and height of a cut-out, a multiple of 8
     * @param classes number of defect classes
     */
    static Graph graph(int side, int classes, long seed) {
        return new DetectorNetwork(seed).build(side, classes);
    }

    private Graph build(int side, int classes) {
        if (side % 8 != 0) {
            throw new IllegalArgumentException("side must be a multiple of 8, was " + side);
        }
        Value pixels = graph.input(INPUT, DataType.UINT8, "N", PairCrops.CHANNELS, side, side);
        Value numbers =
                graph.named(
                        "numbers",
                        "Cast",
                        List.of(pixels),
                        Attribute.integer("to", DataType.FLOAT.getNumber()));
        Value centred = graph.named("centred", "Sub", List.of(numbers, graph.scalar(127.5f)));
        Value features = graph.named("scaled", "Mul", List.of(centred, graph.scalar(1 / 127.5f)));
        int channels = PairCrops.CHANNELS;
        int size = side;
        for (int i = 0; i < LAYERS.length; i++) {
            int[] layer = LAYERS[i];
            features = conv("conv" + (i + 1), features, channels, layer[0], layer[1], layer[2]);
            channels = layer[0];
            size /= layer[2];
        }
        features = conv("squeeze", features, channels, SQUEEZED, 1, 1);
        Value flat = graph.named("flat", "Flatten", List.of(features));
        Value hidden = linear("hidden", flat, SQUEEZED * size * size, HIDDEN, 2);
        Value active = graph.named("hidden.relu", "Relu", List.of(hidden));
        graph.output(
                LOGITS,
                linear("class", active, HIDDEN, classes + 1, 1),
                DataType.FLOAT,
                "N",
                classes + 1);
        graph.output(BOX, linear("place", active, HIDDEN, 4, 0.1), DataType.FLOAT, "N", 4);
        Graph built = graph.graph();
        built.bypass(built.node(LOGITS).orElseThrow());
        built.bypass(built.node(BOX).orElseThrow());
        return built;
    }

    private Value conv(String name, Value in, int from, int to, int kernel, int stride) {
        Value weight =
                graph.constant(
                        name + ".weight",
                        normal(to * from * kernel * kernel, 2.0 / (from * kernel * kernel)),
                        to,
                        from,
                        kernel,
                        kernel);
        int pad = kernel / 2;
        Value out =
                graph.named(
                        name,
                        "Conv",
                        List.of(in, weight),
                        Attribute.integers("kernel_shape", kernel, kernel),
                        Attribute.integers("strides", stride, stride),
                        Attribute.integers("pads", pad, pad, pad, pad));
        Value normalised =
                graph.named(
                        name + ".norm",
                        "BatchNormalization",
                        List.of(
                                out,
                                filled(name + ".norm.weight", to, 1),
                                filled(name + ".norm.bias", to, 0),
                                filled(name + ".norm.mean", to, 0),
                                filled(name + ".norm.variance", to, 1)),
                        Attribute.floating("epsilon", 1e-5f));
        return graph.named(name + ".relu", "Relu", List.of(normalised));
    }

    private Value linear(String name, Value in, int from, int to, double gain) {
        return graph.named(
                name,
                "Gemm",
                List.of(
                        in,
                        graph.constant(name + ".weight", normal(to * from, gain / from), to, from),
                        filled(name + ".bias", to, 0)),
                Attribute.integer("transB", 1));
    }

    private Value filled(String name, int length, float value) {
        float[] values = new float[length];
        Arrays.fill(values, value);
        return graph.constant(name, values, length);
    }

    private float[] normal(int length, double variance) {
        float[] values = new float[length];
        double deviation = Math.sqrt(variance);
        for (int i = 0; i < length; i++) {
            values[i] = (float) (deviation * gaussian());
        }
        return values;
    }

    private double gaussian() {
        double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
        return radius * Math.cos(2 * Math.PI * random.nextDouble());
    }
}
