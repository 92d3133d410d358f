package io.karu.learning.djl;

import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.NodeProto;
import io.karu.onnx.proto.TensorProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A node of the graph with its attributes by name. */
final class Node {
    final String operator;
    final List<String> inputs;
    final List<String> outputs;
    final long opset;
    private final String name;
    private final Map<String, AttributeProto> attributes = new HashMap<>();

    Node(NodeProto proto, long opset) {
        operator = proto.getOpType();
        inputs = List.copyOf(proto.getInputList());
        outputs = List.copyOf(proto.getOutputList());
        name = proto.getName().isEmpty() ? String.join(",", outputs) : proto.getName();
        this.opset = opset;
        proto.getAttributeList().forEach(each -> attributes.put(each.getName(), each));
    }

    boolean has(String attribute) {
        return attributes.containsKey(attribute);
    }

    long integer(String attribute, long otherwise) {
        return has(attribute) ? attributes.get(attribute).getI() : otherwise;
    }

    float floating(String attribute, float otherwise) {
        return has(attribute) ? attributes.get(attribute).getF() : otherwise;
    }

    String text(String attribute, String otherwise) {
        return has(attribute) ? attributes.get(attribute).getS().toStringUtf8() : otherwise;
    }

    /** Null when absent. */
    long[] integers(String attribute) {
        return has(attribute)
                ? attributes.get(attribute).getIntsList().stream()
                        .mapToLong(Long::longValue)
                        .toArray()
                : null;
    }

    float[] floats(String attribute) {
        List<Float> values = attributes.get(attribute).getFloatsList();
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i);
        }
        return floats;
    }

    TensorProto tensor(String attribute) {
        return attributes.get(attribute).getT();
    }

    UnsupportedOperatorException unsupported(String what) {
        return new UnsupportedOperatorException(
                operator + " " + name + " cannot be trained: " + what);
    }

    @Override
    public String toString() {
        return operator + " " + name;
    }
}
