package io.karu.onnx.zoo;

import io.karu.onnx.Attribute;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * Vision transformer (Dosovitskiy et al. 2021): patches, a class token, pre-norm encoder blocks.
 * Written as exporters for operator set 17 write it: GELU through Erf, heads through Reshape with
 * the batch taken from Shape. Input {@code image} FLOAT {@code [N,3,S,S]}, output {@code logits}
 * FLOAT {@code [N,classes]}.
 */
public final class VisionTransformer {
    private int patch = 8;
    private int width = 64;
    private int heads = 4;
    private int depth = 4;
    private int classes = 10;
    private Weights weights = Weights.seeded(1);

    /** A small transformer: patches of 8 pixels, 4 blocks of 64 channels and 4 heads. */
    public VisionTransformer() {}

    /** Side of a patch in pixels. */
    public VisionTransformer patch(int pixels) {
        patch = pixels;
        return this;
    }

    /** Channels of a token, a multiple of the number of heads. */
    public VisionTransformer width(int channels, int heads) {
        if (channels % heads != 0) {
            throw new IllegalArgumentException(channels + " channels for " + heads + " heads");
        }
        this.width = channels;
        this.heads = heads;
        return this;
    }

    /** Number of encoder blocks. */
    public VisionTransformer depth(int blocks) {
        depth = blocks;
        return this;
    }

    /** Number of classes. */
    public VisionTransformer classes(int number) {
        classes = number;
        return this;
    }

    /** Where the parameters come from. */
    public VisionTransformer weights(Weights source) {
        weights = source;
        return this;
    }

    /** The graph for square images of a size in pixels, a multiple of the patch. */
    public Graph graph(int size) {
        GraphBuilder graph = new GraphBuilder("vision-transformer");
        Value image = graph.input("image", DataType.FLOAT, "N", 3, size, size);
        Value batch = graph.node("Gather", graph.node("Shape", image), graph.vector(0));
        Build build = new Build(graph, new Layers(graph, weights), batch);
        int tokens = size / patch * (size / patch) + 1;
        Value x = build.embedded(image, tokens);
        for (int i = 0; i < depth; i++) {
            x = build.block("encoder.layers." + i, x, tokens);
        }
        x = build.layers.layerNorm("encoder.ln", x, width);
        Value token =
                graph.named(
                        "class",
                        "Gather",
                        List.of(x, graph.constant(new long[] {0})),
                        Attribute.integer("axis", 1));
        Value logits = build.layers.classifier("heads.head", token, width, classes);
        graph.output("logits", logits, DataType.FLOAT, "N", classes);
        Graph built = graph.graph();
        built.bypass(built.node("logits").orElseThrow());
        return built;
    }

    private final class Build {
        private final GraphBuilder graph;
        private final Layers layers;
        private final Value batch;

        private Build(GraphBuilder graph, Layers layers, Value batch) {
            this.graph = graph;
            this.layers = layers;
            this.batch = batch;
        }

        private Value embedded(Value image, int tokens) {
            Value patches =
                    graph.named(
                            "conv_proj",
                            "Conv",
                            List.of(
                                    image,
                                    layers.parameter("conv_proj.weight", width, 3, patch, patch),
                                    layers.parameter("conv_proj.bias", width)),
                            Attribute.integers("kernel_shape", patch, patch),
                            Attribute.integers("strides", patch, patch));
            Value flat = graph.node("Reshape", patches, shape(width, -1));
            Value sequence =
                    graph.node("Transpose", List.of(flat), Attribute.integers("perm", 0, 2, 1));
            Value token =
                    graph.node(
                            "Expand",
                            layers.parameter("class_token", 1, 1, width),
                            shape(1, width));
            Value all =
                    graph.node("Concat", List.of(token, sequence), Attribute.integer("axis", 1));
            Value positions = layers.parameter("encoder.pos_embedding", 1, tokens, width);
            return layers.add("embedded", all, positions);
        }

        private Value block(String name, Value in, int tokens) {
            Value normed = layers.layerNorm(name + ".ln_1", in, width);
            Value x = layers.add(name + ".add_1", in, attention(name, normed, tokens));
            Value second = layers.layerNorm(name + ".ln_2", x, width);
            Value hidden = layers.linear(name + ".mlp.0", second, width, 4 * width);
            Value out = layers.linear(name + ".mlp.3", gelu(hidden), 4 * width, width);
            return layers.add(name + ".add_2", x, out);
        }

        private Value attention(String name, Value in, int tokens) {
            int head = width / heads;
            String own = name + ".self_attention.";
            Value projected = layers.linear(own + "in_proj", in, width, 3 * width);
            Value split = graph.node("Reshape", projected, shape(tokens, 3, heads, head));
            Value ordered =
                    graph.node(
                            "Transpose", List.of(split), Attribute.integers("perm", 2, 0, 3, 1, 4));
            List<Value> parts = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                parts.add(
                        graph.node(
                                "Gather",
                                List.of(ordered, graph.constant(new long[] {i})),
                                Attribute.integer("axis", 0)));
            }
            Value keys =
                    graph.node(
                            "Transpose",
                            List.of(parts.get(1)),
                            Attribute.integers("perm", 0, 1, 3, 2));
            Value scores =
                    graph.node(
                            "Mul",
                            graph.named(own + "scores", "MatMul", List.of(parts.get(0), keys)),
                            graph.scalar((float) (1 / Math.sqrt(head))));
            Value attention =
                    graph.named(
                            own + "softmax",
                            "Softmax",
                            List.of(scores),
                            Attribute.integer("axis", -1));
            Value mixed = graph.named(own + "mixed", "MatMul", List.of(attention, parts.get(2)));
            Value back =
                    graph.node("Transpose", List.of(mixed), Attribute.integers("perm", 0, 2, 1, 3));
            Value joined = graph.node("Reshape", back, shape(tokens, width));
            return layers.linear(own + "out_proj", joined, width, width);
        }

        private Value gelu(Value x) {
            Value scaled = graph.node("Div", x, graph.scalar((float) Math.sqrt(2)));
            Value erf = graph.node("Add", graph.node("Erf", scaled), graph.scalar(1));
            return graph.node("Mul", graph.node("Mul", x, erf), graph.scalar(0.5f));
        }

        /** The batch's size followed by the given ones. */
        private Value shape(long... rest) {
            return graph.node(
                    "Concat", List.of(batch, graph.vector(rest)), Attribute.integer("axis", 0));
        }
    }
}
