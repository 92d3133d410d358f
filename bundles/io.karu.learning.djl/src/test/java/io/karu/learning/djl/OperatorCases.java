package io.karu.learning.djl;

import io.karu.onnx.Attribute;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;

/** Small graphs, each an operator in one of its forms. */
class OperatorCases {
    interface Body {
        Value build(GraphBuilder graph, Value input);
    }

    record Case(String name, long opset, double low, double high, long[] shape, Body body) {
        Graph graph() {
            GraphBuilder graph = new GraphBuilder("case", opset);
            Object[] sizes = new Object[shape.length];
            for (int i = 0; i < shape.length; i++) {
                sizes[i] = shape[i];
            }
            Value input = graph.input("x", DataType.FLOAT, sizes);
            Value result = body.build(graph, input);
            Object[] open = {"any"};
            graph.output("y", result, DataType.FLOAT, open);
            Graph built = graph.graph();
            // The shape of the result is for ONNX Runtime to find.
            built.setOutputs(
                    List.of(
                            new io.karu.onnx.TensorType(
                                    "y", DataType.FLOAT, io.karu.onnx.Shape.UNRANKED)));
            return built;
        }
    }

    private final List<Case> cases = new ArrayList<>();

    static List<Case> all() {
        List<Case> all = new ArrayList<>();
        for (OperatorCases some :
                List.of(new ElementwiseCases(), new ConvolutionCases(), new ShapeCases())) {
            all.addAll(some.cases);
        }
        return all;
    }

    void add(String name, long opset, long[] shape, Body body) {
        cases.add(new Case(name, opset, -2, 2, shape, body));
    }

    void add(String name, long[] shape, Body body) {
        add(name, 17, shape, body);
    }

    void positive(String name, long[] shape, Body body) {
        within(name, 0.2, 3, shape, body);
    }

    void within(String name, double low, double high, long[] shape, Body body) {
        cases.add(new Case(name, 17, low, high, shape, body));
    }

    static long[] shape(long... sizes) {
        return sizes;
    }

    static float[] numbers(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) Math.sin(1.7 * i + 0.3);
        }
        return values;
    }

    static Value numbers(GraphBuilder graph, String name, long... shape) {
        int count = 1;
        for (long size : shape) {
            count *= (int) size;
        }
        return graph.constant(name, numbers(count), shape);
    }

    static Body unary(String operator, AttributeProto... attributes) {
        return (graph, x) -> graph.node(operator, List.of(x), attributes);
    }

    static AttributeProto ints(String name, long... values) {
        return Attribute.integers(name, values);
    }

    static AttributeProto one(String name, long value) {
        return Attribute.integer(name, value);
    }

    static AttributeProto text(String name, String value) {
        return Attribute.text(name, value);
    }

    static AttributeProto real(String name, double value) {
        return Attribute.floating(name, (float) value);
    }
}
