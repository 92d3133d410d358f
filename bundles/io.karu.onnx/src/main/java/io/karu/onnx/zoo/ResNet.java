package io.karu.onnx.zoo;

import io.karu.onnx.Attribute;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.List;

/**
 * Residual network of basic blocks (He et al. 2016), batch normalisation not folded. Input {@code
 * image} FLOAT {@code [N,3,H,W]}, output {@code logits} FLOAT {@code [N,classes]}.
 */
public final class ResNet {
    private final int[] blocks;
    private int width = 64;
    private int classes = 1000;
    private boolean deepStem = true;
    private Weights weights = Weights.seeded(1);

    private ResNet(int... blocks) {
        this.blocks = blocks;
    }

    /** ResNet-18: four stages of two blocks, 64 to 512 channels, 11.7 M parameters. */
    public static ResNet eighteen() {
        return new ResNet(2, 2, 2, 2);
    }

    /** The small network of CIFAR's size: three stages of one block from 16 channels. */
    public static ResNet eight() {
        return new ResNet(1, 1, 1).width(16).classes(10).smallImages();
    }

    /** Channels of the first stage; each further stage doubles them. */
    public ResNet width(int channels) {
        width = channels;
        return this;
    }

    /** Number of classes. */
    public ResNet classes(int number) {
        classes = number;
        return this;
    }

    /** A stem of one 3 × 3 convolution without stride or pooling, for images below 100 pixels. */
    public ResNet smallImages() {
        deepStem = false;
        return this;
    }

    /** Where the parameters come from. */
    public ResNet weights(Weights source) {
        weights = source;
        return this;
    }

    /** The graph for images of a size in pixels; −1 leaves it open. */
    public Graph graph(int height, int width) {
        GraphBuilder graph = new GraphBuilder("resnet");
        Layers layers = new Layers(graph, weights);
        Value image =
                graph.input(
                        "image",
                        DataType.FLOAT,
                        "N",
                        3,
                        height < 0 ? "H" : height,
                        width < 0 ? "W" : width);
        Value features = stem(graph, layers, image);
        int channels = this.width;
        for (int stage = 0; stage < blocks.length; stage++) {
            int to = this.width << stage;
            for (int block = 0; block < blocks[stage]; block++) {
                String name = "layer" + (stage + 1) + "." + block;
                int stride = stage > 0 && block == 0 ? 2 : 1;
                features = block(layers, name, features, channels, to, stride);
                channels = to;
            }
        }
        Value logits = layers.classifier("fc", layers.pooled(features), channels, classes);
        graph.output("logits", logits, DataType.FLOAT, "N", classes);
        Graph built = graph.graph();
        built.bypass(built.node("logits").orElseThrow());
        return built;
    }

    private Value stem(GraphBuilder graph, Layers layers, Value image) {
        Layers.Kernel kernel =
                deepStem ? new Layers.Kernel(width, 7, 2, 1) : new Layers.Kernel(width, 3, 1, 1);
        Value conv = layers.conv("conv1", image, 3, kernel);
        Value relu = layers.relu("relu", layers.batchNorm("bn1", conv, width));
        if (!deepStem) {
            return relu;
        }
        return graph.named(
                "maxpool",
                "MaxPool",
                List.of(relu),
                Attribute.integers("kernel_shape", 3, 3),
                Attribute.integers("strides", 2, 2),
                Attribute.integers("pads", 1, 1, 1, 1));
    }

    private static Value block(Layers layers, String name, Value in, int from, int to, int stride) {
        Value first = layers.conv(name + ".conv1", in, from, new Layers.Kernel(to, 3, stride, 1));
        Value relu = layers.relu(name + ".relu1", layers.batchNorm(name + ".bn1", first, to));
        Value second = layers.conv(name + ".conv2", relu, to, new Layers.Kernel(to, 3, 1, 1));
        Value residual = layers.batchNorm(name + ".bn2", second, to);
        Value shortcut = in;
        if (stride != 1 || from != to) {
            Layers.Kernel pointwise = new Layers.Kernel(to, 1, stride, 1);
            Value projected = layers.conv(name + ".downsample.0", in, from, pointwise);
            shortcut = layers.batchNorm(name + ".downsample.1", projected, to);
        }
        return layers.relu(name + ".relu2", layers.add(name + ".add", residual, shortcut));
    }
}
