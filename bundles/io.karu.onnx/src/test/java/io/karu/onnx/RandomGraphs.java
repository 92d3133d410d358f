package io.karu.onnx;

import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Seeded graphs of many operators over feature maps, with branches and shape arithmetic. */
final class RandomGraphs {
    private static final int NODES = 24;

    private final Random random;
    private final int opset;
    private final GraphBuilder builder;
    private final List<Value> maps = new ArrayList<>();
    private final List<long[]> shapes = new ArrayList<>();
    private int count;

    private RandomGraphs(long seed) {
        random = new Random(seed);
        opset = Operators.FIRST_OPSET + random.nextInt(5);
        builder = new GraphBuilder("random-" + seed, opset);
    }

    static Stream<Sample> stream() {
        return IntStream.range(0, 60).mapToObj(RandomGraphs::sample);
    }

    static Sample sample(long seed) {
        return new RandomGraphs(seed).build();
    }

    private Sample build() {
        long[] shape = {1 + random.nextInt(2), 4, 12 + random.nextInt(9), 12 + random.nextInt(9)};
        maps.add(builder.input("image", DataType.FLOAT, "N", 4, "H", "W"));
        shapes.add(shape);
        Constant image = Peer.random("image", DataType.FLOAT, random, shape);
        while (maps.size() < NODES) {
            grow();
        }
        Value last = maps.get(maps.size() - 1);
        builder.output("out", last, DataType.FLOAT, "a", "b", "c", "d");
        Graph graph = builder.graph();
        graph.expose(maps.subList(1, maps.size()).stream().map(Value::name).toList());
        return new Sample(graph.name(), graph, Map.of("image", image));
    }

    /** Adds one layer to a map of the last ones. */
    private void grow() {
        int index = Math.max(0, maps.size() - 1 - random.nextInt(4));
        Value x = maps.get(index);
        long[] shape = shapes.get(index);
        boolean large = shape[2] >= 8 && shape[3] >= 8;
        switch (random.nextInt(16)) {
            case 0, 1 -> conv(x, shape, large);
            case 2 -> keep(norm(x, shape), shape);
            case 3 -> activation(x, shape);
            case 4 -> {
                if (large) {
                    pool(x, shape);
                }
            }
            case 5 -> binary(x, shape);
            case 6 -> concat(x, shape);
            case 7 -> squeezeAndExcite(x, shape);
            case 8 -> {
                if (shape[2] * shape[3] < 600) {
                    upscale(x, shape);
                }
            }
            case 9 -> pad(x, shape);
            case 10 -> {
                if (large) {
                    slice(x, shape);
                }
            }
            case 11 -> tokens(x, shape);
            case 12 -> split(x, shape);
            case 13 -> depthToSpace(x, shape);
            case 14 -> softmax(x, shape);
            default -> keep(node("Identity", List.of(x)), shape);
        }
    }

    private Value node(String operator, List<Value> inputs, AttributeProto... attributes) {
        return builder.named("n" + count++, operator, inputs, attributes);
    }

    private void keep(Value value, long... shape) {
        maps.add(value);
        shapes.add(shape.clone());
    }

    private Value weight(long... shape) {
        long fan = Shape.elements(shape) / shape[0];
        float[] values = Peer.random("", DataType.FLOAT, random, shape).floats();
        for (int i = 0; i < values.length; i++) {
            values[i] /= (float) Math.sqrt(fan);
        }
        return builder.constant(values, shape);
    }

    private void conv(Value x, long[] shape, boolean large) {
        int size = large ? 1 + 2 * random.nextInt(2) : 1;
        int stride = large ? 1 + random.nextInt(2) : 1;
        int group = shape[1] % 2 == 0 && random.nextBoolean() ? 2 : 1;
        long to = 4;
        long pad = size / 2;
        Value out =
                node(
                        "Conv",
                        List.of(x, weight(to, shape[1] / group, size, size), weight(to)),
                        Attribute.integers("pads", pad, pad, pad, pad),
                        Attribute.integers("strides", stride, stride),
                        Attribute.integer("group", group));
        keep(
                out,
                shape[0],
                to,
                (shape[2] + 2 * pad - size) / stride + 1,
                (shape[3] + 2 * pad - size) / stride + 1);
    }

    private Value norm(Value x, long[] shape) {
        int channels = (int) shape[1];
        float[] variance = new float[channels];
        for (int i = 0; i < channels; i++) {
            variance[i] = 0.5f + random.nextFloat();
        }
        return node(
                "BatchNormalization",
                List.of(
                        x,
                        weight(channels),
                        weight(channels),
                        weight(channels),
                        builder.constant(variance, channels)));
    }

    private void activation(Value x, long[] shape) {
        List<String> names =
                List.of("Relu", "Sigmoid", "Tanh", "HardSwish", "LeakyRelu", "Abs", "Softplus");
        keep(node(names.get(random.nextInt(names.size())), List.of(x)), shape);
    }

    private void pool(Value x, long[] shape) {
        String operator = random.nextBoolean() ? "MaxPool" : "AveragePool";
        Value out =
                node(
                        operator,
                        List.of(x),
                        Attribute.integers("kernel_shape", 2, 2),
                        Attribute.integers("strides", 2, 2),
                        Attribute.integer("ceil_mode", 1));
        keep(out, shape[0], shape[1], (shape[2] + 1) / 2, (shape[3] + 1) / 2);
    }

    private void binary(Value x, long[] shape) {
        String operator = List.of("Add", "Mul", "Sub", "Max").get(random.nextInt(4));
        Value other = weight(1, shape[1], 1, 1);
        for (int i = 0; i < maps.size(); i++) {
            if (Arrays.equals(shapes.get(i), shape) && random.nextBoolean()) {
                other = maps.get(i);
            }
        }
        keep(node(operator, List.of(x, other)), shape);
    }

    private void concat(Value x, long[] shape) {
        if (shape[1] > 16) {
            return;
        }
        Value both =
                node("Concat", List.of(x, node("Neg", List.of(x))), Attribute.integer("axis", 1));
        keep(both, shape[0], 2 * shape[1], shape[2], shape[3]);
    }

    private void squeezeAndExcite(Value x, long[] shape) {
        Value mean =
                opset < 18
                        ? node("ReduceMean", List.of(x), Attribute.integers("axes", 2, 3))
                        : node("ReduceMean", List.of(x, builder.vector(2, 3)));
        Value gate = node("HardSigmoid", List.of(mean));
        keep(node("Mul", List.of(x, gate)), shape);
    }

    private void upscale(Value x, long[] shape) {
        Value scales = builder.constant(new float[] {1, 1, 2, 2}, 4);
        Value out =
                node(
                        "Resize",
                        List.of(x, new Value(""), scales),
                        Attribute.text("mode", "nearest"));
        keep(out, shape[0], shape[1], 2 * shape[2], 2 * shape[3]);
    }

    private void pad(Value x, long[] shape) {
        String mode = List.of("constant", "edge", "reflect").get(random.nextInt(3));
        Value out =
                node(
                        "Pad",
                        List.of(x, builder.vector(0, 0, 1, 0, 0, 0, 0, 1)),
                        Attribute.text("mode", mode));
        keep(out, shape[0], shape[1], shape[2] + 1, shape[3] + 1);
    }

    private void slice(Value x, long[] shape) {
        Value out =
                node(
                        "Slice",
                        List.of(
                                x,
                                builder.vector(1, 0),
                                builder.vector(Long.MAX_VALUE, -2),
                                builder.vector(2, 3),
                                builder.vector(2, 1)));
        keep(out, shape[0], shape[1], shape[2] / 2, shape[3] - 2);
    }

    /** To [N,HW,C] and back, with sizes taken from Shape as exporters do. */
    private void tokens(Value x, long[] shape) {
        Value sizes = node("Shape", List.of(x));
        Value front = node("Slice", List.of(sizes, builder.vector(0), builder.vector(2)));
        Value target =
                node("Concat", List.of(front, builder.vector(-1)), Attribute.integer("axis", 0));
        Value flat = node("Reshape", List.of(x, target));
        Value rows = node("Transpose", List.of(flat), Attribute.integers("perm", 0, 2, 1));
        Value mixed = node("MatMul", List.of(rows, weight(shape[1], shape[1])));
        Value back = node("Transpose", List.of(mixed), Attribute.integers("perm", 0, 2, 1));
        keep(node("Reshape", List.of(back, sizes)), shape);
    }

    private void split(Value x, long[] shape) {
        if (shape[1] < 8) {
            return;
        }
        List<Value> halves =
                builder.nodes(
                        "n" + count++,
                        "Split",
                        List.of(x, builder.vector(4, shape[1] - 4)),
                        2,
                        Attribute.integer("axis", 1));
        keep(halves.get(0), shape[0], 4, shape[2], shape[3]);
        keep(halves.get(1), shape[0], shape[1] - 4, shape[2], shape[3]);
    }

    private void depthToSpace(Value x, long[] shape) {
        if (shape[1] % 4 != 0 || shape[1] < 8 || shape[2] * shape[3] > 600) {
            return;
        }
        Value out = node("DepthToSpace", List.of(x), Attribute.integer("blocksize", 2));
        keep(out, shape[0], shape[1] / 4, 2 * shape[2], 2 * shape[3]);
    }

    private void softmax(Value x, long[] shape) {
        keep(node("Softmax", List.of(x), Attribute.integer("axis", 1)), shape);
    }
}
