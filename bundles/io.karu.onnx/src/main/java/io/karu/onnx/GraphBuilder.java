package io.karu.onnx;

import com.google.protobuf.ByteString;
import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.GraphProto;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.NodeProto;
import io.karu.onnx.proto.OperatorSetIdProto;
import io.karu.onnx.proto.TensorProto;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.proto.TensorShapeProto;
import io.karu.onnx.proto.TypeProto;
import io.karu.onnx.proto.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Builds an ONNX model node by node, in the order of execution. The same calls give the same bytes.
 * Not thread-safe.
 *
 * <p>Models are written for operator set {@value #OPSET} and IR version {@value #IR_VERSION} unless
 * asked otherwise: the engines of a gateway and every current tool read them. {@link Graph} edits
 * what is built.
 */
public final class GraphBuilder {
    /** Operator set of the models written here. */
    public static final long OPSET = 17;

    /** Version of ONNX's intermediate representation. */
    public static final long IR_VERSION = 8;

    private static final String PRODUCER = "karu";

    private final GraphProto.Builder graph = GraphProto.newBuilder();
    private final long opset;
    private int counter;

    /** Starts an empty graph for operator set {@value #OPSET}. */
    public GraphBuilder(String name) {
        this(name, OPSET);
    }

    /** Starts an empty graph for an operator set from {@value #OPSET} on. */
    public GraphBuilder(String name, long opset) {
        this.opset = opset;
        graph.setName(name);
    }

    /**
     * Declares an input.
     *
     * @param dimensions a {@link Number} for a fixed dimension, a {@link String} for an open one,
     *     outermost first
     */
    public Value input(String name, DataType type, Object... dimensions) {
        graph.addInput(info(name, type, dimensions));
        return new Value(name);
    }

    /** Declares a node's output as the graph's output under the given name. */
    public void output(String name, Value value, DataType type, Object... dimensions) {
        graph.addNode(
                NodeProto.newBuilder()
                        .setOpType("Identity")
                        .setName(name)
                        .addInput(value.name())
                        .addOutput(name));
        graph.addOutput(info(name, type, dimensions));
    }

    /** A FLOAT constant of the given shape; no shape means a scalar. */
    public Value constant(float[] values, long... shape) {
        ByteBuffer raw =
                ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        return constant(DataType.FLOAT, values.length, raw, shape);
    }

    /** An INT64 constant of the given shape; no shape means a scalar. */
    public Value constant(long[] values, long... shape) {
        ByteBuffer raw =
                ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        raw.asLongBuffer().put(values);
        return constant(DataType.INT64, values.length, raw, shape);
    }

    /** A FLOAT constant of a given name, such as a layer's weight. */
    public Value constant(String name, float[] values, long... shape) {
        return constant(Constant.of(name, values, shape));
    }

    /** A constant under its own name. */
    public Value constant(Constant constant) {
        graph.addInitializer(constant.toProto());
        return new Value(constant.name());
    }

    /** A UINT8 constant of the given shape; no shape means a scalar. */
    public Value constant(byte[] values, long... shape) {
        return constant(DataType.UINT8, values.length, ByteBuffer.wrap(values.clone()), shape);
    }

    /** A FLOAT scalar. */
    public Value scalar(float value) {
        return constant(new float[] {value});
    }

    /** An INT64 vector: what shape-like inputs of operators take. */
    public Value vector(long... values) {
        return constant(values, values.length);
    }

    /** Adds a node with one output. */
    public Value node(String operator, List<Value> inputs, AttributeProto... attributes) {
        String name = operator.toLowerCase(java.util.Locale.ROOT) + "_" + ++counter;
        NodeProto.Builder node =
                NodeProto.newBuilder().setOpType(operator).setName(name).addOutput(name);
        inputs.forEach(input -> node.addInput(input.name()));
        graph.addNode(node.addAllAttribute(List.of(attributes)));
        return new Value(name);
    }

    /** Adds a node with one output and no attribute. */
    public Value node(String operator, Value... inputs) {
        return node(operator, List.of(inputs));
    }

    /** Adds a node of a given name with one output of that name. */
    public Value named(
            String name, String operator, List<Value> inputs, AttributeProto... attributes) {
        return nodes(name, operator, inputs, 1, attributes).get(0);
    }

    /**
     * Adds a node of a given name with several outputs: the first has the node's name, the others
     * it and their number ({@code split:1}).
     */
    public List<Value> nodes(
            String name,
            String operator,
            List<Value> inputs,
            int outputs,
            AttributeProto... attributes) {
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator).setName(name);
        inputs.forEach(input -> node.addInput(input.name()));
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            values.add(new Value(i == 0 ? name : name + ":" + i));
            node.addOutput(values.get(i).name());
        }
        graph.addNode(node.addAllAttribute(List.of(attributes)));
        return values;
    }

    /** The finished model as a graph to ask and edit. */
    public Graph graph() {
        return Graph.of(build());
    }

    /** The finished model. IllegalStateException when it has no output. */
    public ModelProto build() {
        if (graph.getOutputCount() == 0) {
            throw new IllegalStateException("graph " + graph.getName() + " has no output");
        }
        return ModelProto.newBuilder()
                .setIrVersion(irVersion())
                .setProducerName(PRODUCER)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
                .setGraph(graph)
                .build();
    }

    /** The oldest version that holds the operator set, as ONNX's releases paired them. */
    private long irVersion() {
        return opset <= 18 ? IR_VERSION : opset <= 20 ? 9 : opset <= 22 ? 10 : 11;
    }

    private Value constant(DataType type, int count, ByteBuffer raw, long... shape) {
        long expected = 1;
        TensorProto.Builder tensor = TensorProto.newBuilder();
        for (long dimension : shape) {
            expected *= dimension;
            tensor.addDims(dimension);
        }
        if (expected != count) {
            throw new IllegalArgumentException(
                    "constant has " + count + " values, its shape wants " + expected);
        }
        String name = "constant_" + ++counter;
        graph.addInitializer(
                tensor.setName(name)
                        .setDataType(type.getNumber())
                        .setRawData(ByteString.copyFrom(raw.rewind())));
        return new Value(name);
    }

    private static ValueInfoProto info(String name, DataType type, Object... dimensions) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Object dimension : dimensions) {
            if (dimension instanceof Number size) {
                shape.addDimBuilder().setDimValue(size.longValue());
            } else {
                shape.addDimBuilder().setDimParam((String) dimension);
            }
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(
                        TypeProto.newBuilder()
                                .setTensorType(
                                        TypeProto.Tensor.newBuilder()
                                                .setElemType(type.getNumber())
                                                .setShape(shape)))
                .build();
    }
}
