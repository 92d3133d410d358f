package io.karu.onnx.zoo;

import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;

/**
 * MobileNetV2 (Sandler et al. 2018): inverted residuals with linear bottlenecks, batch
 * normalisation not folded. Input {@code image} FLOAT {@code [N,3,H,W]}, output {@code logits}
 * FLOAT {@code [N,classes]}.
 */
public final class MobileNetV2 {
    /** Expansion, channels, repetitions and first stride of each stage: the paper's table 2. */
    private static final int[][] STAGES = {
        {1, 16, 1, 1},
        {6, 24, 2, 2},
        {6, 32, 3, 2},
        {6, 64, 4, 2},
        {6, 96, 3, 1},
        {6, 160, 3, 2},
        {6, 320, 1, 1}
    };

    private double multiplier = 1;
    private int classes = 1000;
    private int stemStride = 2;
    private Weights weights = Weights.seeded(1);

    /** The network of the paper, 3.5 M parameters. */
    public MobileNetV2() {}

    /** Multiplies the channels of each layer, rounded to multiples of 8. */
    public MobileNetV2 multiplier(double factor) {
        multiplier = factor;
        return this;
    }

    /** Number of classes. */
    public MobileNetV2 classes(int number) {
        classes = number;
        return this;
    }

    /** A stem without stride, for images below 100 pixels. */
    public MobileNetV2 smallImages() {
        stemStride = 1;
        return this;
    }

    /** Where the parameters come from. */
    public MobileNetV2 weights(Weights source) {
        weights = source;
        return this;
    }

    /** The graph for images of a size in pixels; −1 leaves it open. */
    public Graph graph(int height, int width) {
        GraphBuilder graph = new GraphBuilder("mobilenet-v2");
        Layers layers = new Layers(graph, weights);
        Value image =
                graph.input(
                        "image",
                        DataType.FLOAT,
                        "N",
                        3,
                        height < 0 ? "H" : height,
                        width < 0 ? "W" : width);
        int channels = channels(32);
        Value x =
                activated(
                        layers,
                        "features.0",
                        image,
                        3,
                        new Layers.Kernel(channels, 3, stemStride, 1));
        int number = 1;
        for (int[] stage : STAGES) {
            for (int i = 0; i < stage[2]; i++) {
                int to = channels(stage[1]);
                int stride = i == 0 ? stage[3] : 1;
                String name = "features." + number++;
                x = inverted(layers, name, x, new Block(channels, to, stage[0], stride));
                channels = to;
            }
        }
        int last = channels(1280);
        Layers.Kernel head = new Layers.Kernel(last, 1, 1, 1);
        x = activated(layers, "features." + number, x, channels, head);
        Value logits = layers.classifier("classifier.1", layers.pooled(x), last, classes);
        graph.output("logits", logits, DataType.FLOAT, "N", classes);
        Graph built = graph.graph();
        built.bypass(built.node("logits").orElseThrow());
        return built;
    }

    private record Block(int from, int to, int expansion, int stride) {}

    private static Value inverted(Layers layers, String name, Value in, Block block) {
        int hidden = block.from() * block.expansion();
        Value x = in;
        int part = 0;
        if (block.expansion() != 1) {
            Layers.Kernel expand = new Layers.Kernel(hidden, 1, 1, 1);
            x = activated(layers, name + ".conv." + part++, x, block.from(), expand);
        }
        Layers.Kernel depthwise = new Layers.Kernel(hidden, 3, block.stride(), hidden);
        x = activated(layers, name + ".conv." + part++, x, hidden, depthwise);
        Layers.Kernel project = new Layers.Kernel(block.to(), 1, 1, 1);
        x = layers.conv(name + ".conv." + part++, x, hidden, project);
        x = layers.batchNorm(name + ".conv." + part, x, block.to());
        return block.stride() == 1 && block.from() == block.to()
                ? layers.add(name + ".add", in, x)
                : x;
    }

    private static Value activated(
            Layers layers, String name, Value in, int from, Layers.Kernel kernel) {
        Value conv = layers.conv(name + ".0", in, from, kernel);
        return layers.relu6(name + ".2", layers.batchNorm(name + ".1", conv, kernel.channels()));
    }

    /** Nearest multiple of 8, at least 8 and at least 90 % of the exact number. */
    private int channels(int base) {
        double exact = base * multiplier;
        int rounded = Math.max(8, (int) (exact + 4) / 8 * 8);
        return rounded < 0.9 * exact ? rounded + 8 : rounded;
    }
}
