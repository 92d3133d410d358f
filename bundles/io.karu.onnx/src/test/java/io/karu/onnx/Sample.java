package io.karu.onnx;

import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A graph with inputs to run it on. */
record Sample(String name, Graph graph, Map<String, Constant> inputs) {
    @Override
    public String toString() {
        return name;
    }

    /** Shapes of the inputs. */
    Map<String, Shape> shapes() {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        inputs.forEach((input, value) -> shapes.put(input, value.shape()));
        return shapes;
    }

    /** An argument of a sample's node: a graph input, a constant, or left out. */
    record Argument(Constant value, boolean input) {}

    /** Builds samples of one node. */
    static final class Maker {
        private final int opset;
        private final Random random;

        Maker(int opset, long seed) {
            this.opset = opset;
            random = new Random(seed);
        }

        /** A graph input of random values, its dimensions open. */
        Argument in(DataType type, long... shape) {
            return new Argument(Peer.random("", type, random, shape), true);
        }

        Argument in(long... shape) {
            return in(DataType.FLOAT, shape);
        }

        /** A FLOAT input of values in a range. */
        Argument within(double least, double most, long... shape) {
            double[] values = new double[(int) Shape.elements(shape)];
            for (int i = 0; i < values.length; i++) {
                values[i] = least + random.nextDouble() * (most - least);
            }
            return new Argument(Constant.of("", DataType.FLOAT, values, shape), true);
        }

        /** A constant of random values. */
        Argument constant(DataType type, long... shape) {
            return new Argument(Peer.random("", type, random, shape), false);
        }

        Argument weight(long... shape) {
            return constant(DataType.FLOAT, shape);
        }

        Argument longs(long... values) {
            return new Argument(Constant.of("", values, values.length), false);
        }

        Argument integer(long value) {
            return new Argument(Constant.of("", new long[] {value}), false);
        }

        Argument floats(float... values) {
            return new Argument(Constant.of("", values, values.length), false);
        }

        Argument scalar(DataType type, double value) {
            return new Argument(Constant.of("", type, new double[] {value}), false);
        }

        Argument filled(DataType type, double value, long... shape) {
            double[] values = new double[(int) Shape.elements(shape)];
            java.util.Arrays.fill(values, value);
            return new Argument(Constant.of("", type, values, shape), false);
        }

        Argument none() {
            return new Argument(null, false);
        }

        Sample one(String operator, List<Argument> arguments, AttributeProto... attributes) {
            return many(operator, 1, arguments, attributes);
        }

        Sample many(
                String operator,
                int outputs,
                List<Argument> arguments,
                AttributeProto... attributes) {
            GraphBuilder builder = new GraphBuilder(operator, opset);
            Map<String, Constant> inputs = new LinkedHashMap<>();
            List<Value> values = new ArrayList<>();
            for (int i = 0; i < arguments.size(); i++) {
                Constant value = arguments.get(i).value();
                String called = "in" + i;
                if (value == null) {
                    values.add(new Value(""));
                } else if (arguments.get(i).input()) {
                    Object[] dimensions = new Object[value.shape().rank()];
                    for (int d = 0; d < dimensions.length; d++) {
                        dimensions[d] = called + "_" + d;
                    }
                    values.add(builder.input(called, value.type(), dimensions));
                    inputs.put(called, value.named(called));
                } else {
                    values.add(builder.constant(value.named(called)));
                }
            }
            List<Value> results =
                    builder.nodes(operator.toLowerCase(), operator, values, outputs, attributes);
            builder.output("first", results.get(0), DataType.UNDEFINED);
            Graph graph = builder.graph();
            graph.expose(results.stream().map(Value::name).toList());
            graph.setOutputs(graph.outputs().subList(1, graph.outputs().size()));
            graph.prune();
            String text =
                    operator
                            + java.util.Arrays.stream(attributes)
                                    .map(a -> " " + a.getName())
                                    .reduce("", String::concat);
            return new Sample(text + " @" + opset, graph, inputs);
        }
    }
}
