package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.AttributeProto.AttributeType;
import io.karu.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A node of a {@link Graph}. Reads follow the graph's edits; what a node is connected to is changed
 * through the graph. Inputs and outputs are names of values; an optional one that is left out is
 * the empty name.
 */
public final class Node {
    private String name;
    private final String operator;
    private final String domain;
    private final String documentation;
    final List<String> inputs;
    final List<String> outputs;
    private final Map<String, AttributeProto> attributes = new LinkedHashMap<>();

    Node(NodeProto proto, String name) {
        this.name = name;
        this.operator = proto.getOpType();
        // "ai.onnx" is another spelling of the default domain.
        this.domain = proto.getDomain().equals("ai.onnx") ? "" : proto.getDomain();
        this.documentation = proto.getDocString();
        this.inputs = new ArrayList<>(proto.getInputList());
        this.outputs = new ArrayList<>(proto.getOutputList());
        for (AttributeProto attribute : proto.getAttributeList()) {
            if (attributes.put(attribute.getName(), attribute) != null) {
                throw OnnxException.node(
                        Code.DUPLICATE, this, "has two attributes " + attribute.getName());
            }
        }
    }

    /** Its name, unique among the nodes of its graph. */
    public String name() {
        return name;
    }

    /** Its operator, such as {@code Conv}. */
    public String operator() {
        return operator;
    }

    /** The operator's domain; empty for ONNX's own. */
    public String domain() {
        return domain;
    }

    /** Whether it is an operator of ONNX's own domain with one of these names. */
    public boolean is(String... operators) {
        return domain.isEmpty() && List.of(operators).contains(operator);
    }

    /** Names of its inputs; the empty name for one that is left out. */
    public List<String> inputs() {
        return Collections.unmodifiableList(inputs);
    }

    /** Names of its outputs; the empty name for one that is left out. */
    public List<String> outputs() {
        return Collections.unmodifiableList(outputs);
    }

    /** An input's name; empty when it is left out. */
    public String input(int index) {
        return index < inputs.size() ? inputs.get(index) : "";
    }

    /** An output's name; empty when it is left out. */
    public String output(int index) {
        return index < outputs.size() ? outputs.get(index) : "";
    }

    /** Name of its first output. */
    public String output() {
        return output(0);
    }

    /** Whether an input is given. */
    public boolean hasInput(int index) {
        return !input(index).isEmpty();
    }

    /** Its attributes in the order given. */
    public Collection<AttributeProto> attributes() {
        return Collections.unmodifiableCollection(attributes.values());
    }

    /** An attribute, if given. */
    public Optional<AttributeProto> attribute(String attribute) {
        return Optional.ofNullable(attributes.get(attribute));
    }

    /** Whether an attribute is given. */
    public boolean has(String attribute) {
        return attributes.containsKey(attribute);
    }

    /** An INT, or the default when it is not given. OnnxException when it is of another type. */
    public long integer(String attribute, long otherwise) {
        AttributeProto given = typed(attribute, AttributeType.INT);
        return given == null ? otherwise : given.getI();
    }

    /** INTS, or the default when not given. OnnxException when of another type. */
    public long[] integers(String attribute, long... otherwise) {
        AttributeProto given = typed(attribute, AttributeType.INTS);
        return given == null
                ? otherwise
                : given.getIntsList().stream().mapToLong(Long::longValue).toArray();
    }

    /** A FLOAT, or the default when it is not given. OnnxException when it is of another type. */
    public float floating(String attribute, float otherwise) {
        AttributeProto given = typed(attribute, AttributeType.FLOAT);
        return given == null ? otherwise : given.getF();
    }

    /** FLOATS, or the default when not given. OnnxException when of another type. */
    public float[] floats(String attribute, float... otherwise) {
        AttributeProto given = typed(attribute, AttributeType.FLOATS);
        if (given == null) {
            return otherwise;
        }
        float[] values = new float[given.getFloatsCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = given.getFloats(i);
        }
        return values;
    }

    /** A STRING, or the default when it is not given. OnnxException when it is of another type. */
    public String text(String attribute, String otherwise) {
        AttributeProto given = typed(attribute, AttributeType.STRING);
        return given == null ? otherwise : given.getS().toStringUtf8();
    }

    /** A TENSOR, if given. OnnxException when it is of another type. */
    public Optional<Constant> tensor(String attribute) {
        AttributeProto given = typed(attribute, AttributeType.TENSOR);
        return given == null ? Optional.empty() : Optional.of(Constant.of(given.getT()));
    }

    private AttributeProto typed(String attribute, AttributeType type) {
        AttributeProto given = attributes.get(attribute);
        if (given != null && given.getType() != type) {
            throw OnnxException.node(
                    Code.ATTRIBUTE,
                    this,
                    "has the attribute " + attribute + " as " + given.getType() + ", not " + type);
        }
        return given;
    }

    void rename(String other) {
        name = other;
    }

    void set(AttributeProto attribute) {
        attributes.put(attribute.getName(), attribute);
    }

    void unset(String attribute) {
        attributes.remove(attribute);
    }

    NodeProto toProto() {
        return NodeProto.newBuilder()
                .addAllInput(inputs)
                .addAllOutput(outputs)
                .setName(name)
                .setOpType(operator)
                .addAllAttribute(attributes.values())
                .mergeFrom(optional())
                .build();
    }

    private NodeProto optional() {
        NodeProto.Builder optional = NodeProto.newBuilder();
        if (!domain.isEmpty()) {
            optional.setDomain(domain);
        }
        if (!documentation.isEmpty()) {
            optional.setDocString(documentation);
        }
        return optional.build();
    }

    @Override
    public String toString() {
        return name + " (" + operator + ") " + inputs + " -> " + outputs;
    }
}
