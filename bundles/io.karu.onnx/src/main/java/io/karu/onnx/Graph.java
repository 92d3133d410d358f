package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.GraphProto;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.NodeProto;
import io.karu.onnx.proto.TensorProto;
import io.karu.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A model as a graph that can be asked and edited. Every value (graph input, constant, output of a
 * node) has one name, and every node has one: names stay as they are until an edit changes them.
 *
 * <p>Constant nodes and initializers are the same here, {@link Constant}s; they are written as
 * initializers. An initializer that is also listed as an input is a constant. Shapes that a file
 * notes for values between nodes are not kept: {@link Shapes} finds them. Nodes with graphs inside
 * (If, Loop, Scan) are refused.
 *
 * <p>Edits may leave the graph incomplete for a while; {@link #nodes()} and {@link #toProto()} want
 * every used value to be there. Not thread-safe.
 */
public final class Graph {
    private final ModelHeader header;
    private final String name;
    private final Map<String, TensorType> inputs = new LinkedHashMap<>();
    private final List<TensorType> outputs = new ArrayList<>();
    private final Map<String, Constant> constants = new LinkedHashMap<>();
    private final Wiring wiring = new Wiring();

    private Graph(ModelProto model) {
        header = new ModelHeader(model);
        GraphProto graph = model.getGraph();
        name = graph.getName();
        for (TensorProto initializer : graph.getInitializerList()) {
            Constant constant = Constant.of(initializer);
            unused(constant.name());
            constants.put(constant.name(), constant);
        }
        for (ValueInfoProto input : graph.getInputList()) {
            if (!constants.containsKey(input.getName())) {
                unused(input.getName());
                inputs.put(input.getName(), TensorType.of(input));
            }
        }
        read(graph.getNodeList());
        Set<String> given = new HashSet<>();
        for (ValueInfoProto output : graph.getOutputList()) {
            if (!given.add(output.getName())) {
                throw OnnxException.tensor(
                        Code.DUPLICATE, output.getName(), "is twice among the outputs");
            }
            outputs.add(TensorType.of(output));
        }
    }

    /** A view of a model. OnnxException when names clash or a tensor's data do not fit it. */
    public static Graph of(ModelProto model) {
        return new Graph(model);
    }

    /**
     * Reads and validates a file within {@link Limits#DEFAULT}, with the tensor data that it keeps
     * in files of its folder.
     *
     * @throws OnnxException when the model is malformed, too large or not supported
     */
    public static Graph read(Path file) throws IOException {
        return read(file, Limits.DEFAULT);
    }

    /** Reads and validates a file within limits. */
    public static Graph read(Path file, Limits limits) throws IOException {
        Graph graph = of(OnnxFile.read(file, limits));
        Validation.validate(graph, limits);
        return graph;
    }

    private void read(List<NodeProto> protos) {
        Set<String> given = new LinkedHashSet<>();
        protos.forEach(proto -> given.add(proto.getName()));
        for (NodeProto proto : protos) {
            String called = proto.getName();
            if (called.isEmpty() || wiring.has(called)) {
                String base = proto.getOutputCount() == 0 ? proto.getOpType() : proto.getOutput(0);
                called = unique(base, taken -> wiring.has(taken) || given.contains(taken));
            }
            Node node = new Node(proto, called);
            Optional<Constant> constant = Constants.of(node);
            if (constant.isPresent()) {
                unused(constant.get().name());
                constants.put(constant.get().name(), constant.get());
            } else {
                attach(node);
            }
        }
    }

    /** The model; the same graph gives the same message. */
    public ModelProto toProto() {
        ModelProto.Builder model = header.toProto();
        GraphProto.Builder graph = model.getGraphBuilder().setName(name);
        inputs.values().forEach(input -> graph.addInput(input.toProto()));
        for (TensorType output : outputs) {
            if (!has(output.name())) {
                throw OnnxException.tensor(
                        Code.MISSING, output.name(), "is an output that nothing produces");
            }
            graph.addOutput(output.toProto());
        }
        constants.values().forEach(constant -> graph.addInitializer(constant.toProto()));
        nodes().forEach(node -> graph.addNode(node.toProto()));
        return model.build();
    }

    /** Writes the model; the same graph gives the same bytes. */
    public void write(Path file) throws IOException {
        OnnxFile.write(toProto(), file);
    }

    /** An independent copy. */
    public Graph copy() {
        return of(toProto());
    }

    /** Name of the graph. */
    public String name() {
        return name;
    }

    /** Version of ONNX's own operators. */
    public int opset() {
        return opset("");
    }

    /** Version of a domain's operators, 0 when the model does not name it. */
    public int opset(String domain) {
        return (int)
                Math.max(0, Math.min(Integer.MAX_VALUE, header.opsets().getOrDefault(domain, 0L)));
    }

    /** Versions of operators by domain. */
    public Map<String, Long> opsets() {
        return Collections.unmodifiableMap(header.opsets());
    }

    /** Names the version of a domain's operators; nodes are left as they are. */
    public void opset(String domain, long version) {
        header.opsets().put(domain, version);
    }

    /** Properties of the model; changes are written. */
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** The graph's inputs in order, without constants. */
    public List<TensorType> inputs() {
        return List.copyOf(inputs.values());
    }

    /** The graph's outputs in order. */
    public List<TensorType> outputs() {
        return List.copyOf(outputs);
    }

    /**
     * The nodes so that each comes after those whose outputs it takes: the order of the file where
     * that is such an order; an added node comes right before the first that needs it, else last.
     *
     * @throws OnnxException when nodes form a cycle
     */
    public List<Node> nodes() {
        return wiring.ordered();
    }

    /** A node by its name, if there is one. */
    public Optional<Node> node(String called) {
        return wiring.node(called);
    }

    /** The node that a value is an output of; empty for inputs, constants and unknown values. */
    public Optional<Node> producer(String value) {
        return wiring.producer(value);
    }

    /** The nodes that take a value, each once; graph outputs are not among them. */
    public List<Node> consumers(String value) {
        return wiring.consumers(value);
    }

    /** The constant of a name, if there is one. */
    public Optional<Constant> constant(String value) {
        return Optional.ofNullable(constants.get(value));
    }

    /** All constants in order. */
    public List<Constant> constants() {
        return List.copyOf(constants.values());
    }

    /** Whether there is a value of that name. */
    public boolean has(String value) {
        return inputs.containsKey(value) || constants.containsKey(value) || wiring.produces(value);
    }

    /** Whether a value is one of the graph's outputs. */
    public boolean isOutput(String value) {
        return outputs.stream().anyMatch(output -> output.name().equals(value));
    }

    /** Whether a value is one of the graph's inputs. */
    public boolean isInput(String value) {
        return inputs.containsKey(value);
    }

    /**
     * A name that no value and no node has: the given one, or it with the first free number ({@code
     * conv1/weight_quantized_2}).
     */
    public String fresh(String base) {
        return unique(base, taken -> has(taken) || wiring.has(taken));
    }

    /**
     * Adds a node of ONNX's own domain; its place follows from what it takes and who takes its
     * outputs.
     *
     * @param called its name
     * @param takes names of its inputs, the empty name to leave an optional one out
     * @param gives names of its outputs
     * @throws OnnxException when the name, or the name of an output, is taken
     */
    public Node add(
            String called,
            String operator,
            List<String> takes,
            List<String> gives,
            AttributeProto... attributes) {
        return add(
                NodeProto.newBuilder()
                        .setName(called)
                        .setOpType(operator)
                        .addAllInput(takes)
                        .addAllOutput(gives)
                        .addAllAttribute(List.of(attributes))
                        .build());
    }

    /** Adds a node with one output of the node's name. */
    public Node add(
            String called, String operator, List<String> takes, AttributeProto... attributes) {
        return add(called, operator, takes, List.of(called), attributes);
    }

    /** Adds a node from its message. */
    public Node add(NodeProto proto) {
        if (proto.getName().isEmpty() || wiring.has(proto.getName())) {
            throw OnnxException.model(
                    Code.DUPLICATE, "node name " + proto.getName() + " is empty or taken");
        }
        Node node = new Node(proto, proto.getName());
        attach(node);
        return node;
    }

    /**
     * Puts a node with one input and one output behind a value: whoever took the value takes the
     * new node's output instead. A graph output of that name stays as it is.
     *
     * @param called name of the node and of its output
     * @param more names of further inputs
     */
    public Node insertAfter(
            String value,
            String called,
            String operator,
            List<String> more,
            AttributeProto... attributes) {
        List<Node> before = consumers(value);
        List<String> takes = new ArrayList<>(List.of(value));
        takes.addAll(more);
        Node node = add(called, operator, takes, attributes);
        before.forEach(consumer -> replaceInput(consumer, value, node.output()));
        return node;
    }

    /** Removes a node; its outputs have no producer from then on. */
    public void remove(Node node) {
        wiring.wantOwn(node);
        wiring.detach(node);
    }

    /**
     * Removes a node that passes its first input on; whoever took its first output takes the input.
     * A graph output keeps its name.
     *
     * @return false, and nothing changes, when the graph output would have to be an input, a
     *     constant or another output
     */
    public boolean bypass(Node node) {
        wiring.wantOwn(node);
        String from = node.input(0);
        String to = node.output();
        if (isOutput(to)) {
            if (!wiring.produces(from) || isOutput(from)) {
                return false;
            }
            wiring.detach(node);
            renameValue(from, to);
        } else {
            wiring.detach(node);
            replaceUses(to, from);
        }
        return true;
    }

    /** Renames a node. */
    public void rename(Node node, String called) {
        wiring.wantOwn(node);
        if (wiring.has(called)) {
            throw OnnxException.model(Code.DUPLICATE, "node name " + called + " is taken");
        }
        wiring.rename(node, called);
    }

    /** Sets or replaces an attribute of a node. */
    public void set(Node node, AttributeProto attribute) {
        wiring.wantOwn(node);
        node.set(attribute);
    }

    /** Removes an attribute of a node. */
    public void unset(Node node, String attribute) {
        wiring.wantOwn(node);
        node.unset(attribute);
    }

    /** Connects one input of a node to another value; the empty name leaves it out. */
    public void setInput(Node node, int index, String value) {
        wiring.wantOwn(node);
        wiring.rewire(node, () -> set(node.inputs, index, value));
    }

    private static void set(List<String> inputs, int index, String value) {
        while (inputs.size() <= index) {
            inputs.add("");
        }
        inputs.set(index, value);
        while (!inputs.isEmpty() && inputs.get(inputs.size() - 1).isEmpty()) {
            inputs.remove(inputs.size() - 1);
        }
    }

    /** Connects every input of a node that takes one value to another value. */
    public void replaceInput(Node node, String value, String by) {
        wiring.wantOwn(node);
        wiring.rewire(
                node, () -> node.inputs.replaceAll(input -> input.equals(value) ? by : input));
    }

    /** Lets every node that takes a value take another; graph outputs stay as they are. */
    public void replaceUses(String value, String by) {
        consumers(value).forEach(node -> replaceInput(node, value, by));
    }

    /**
     * Renames a value everywhere: input, constant or node output, its uses and the graph's outputs.
     *
     * @throws OnnxException when there is no such value or the new name is taken
     */
    public void renameValue(String from, String to) {
        if (!has(from)) {
            throw OnnxException.tensor(Code.MISSING, from, "does not exist");
        }
        unused(to);
        Optional<Node> producer = wiring.producer(from);
        if (producer.isPresent()) {
            wiring.renameOutput(producer.get(), from, to);
        } else if (constants.containsKey(from)) {
            Constant constant = constants.remove(from);
            constants.put(to, constant.named(to));
        } else {
            List<TensorType> all = inputs();
            inputs.clear();
            for (TensorType input : all) {
                TensorType kept = input.name().equals(from) ? input.named(to) : input;
                inputs.put(kept.name(), kept);
            }
        }
        replaceUses(from, to);
        outputs.replaceAll(output -> output.name().equals(from) ? output.named(to) : output);
    }

    /**
     * Adds a constant, or replaces the one of its name. OnnxException when another value has it.
     */
    public void set(Constant constant) {
        if (!constants.containsKey(constant.name())) {
            unused(constant.name());
        }
        constants.put(constant.name(), constant);
    }

    /** Removes a constant. OnnxException when a node takes it or it is an output. */
    public void removeConstant(String value) {
        if (!consumers(value).isEmpty() || isOutput(value)) {
            throw OnnxException.tensor(Code.MISSING, value, "cannot be removed: it is still used");
        }
        constants.remove(value);
    }

    /** Replaces the declared inputs; a node's output or a constant cannot become one. */
    public void setInputs(List<TensorType> types) {
        inputs.clear();
        for (TensorType type : types) {
            unused(type.name());
            inputs.put(type.name(), type);
        }
    }

    /**
     * Replaces the graph's outputs; each must be a value. An unknown type is left to the reader.
     */
    public void setOutputs(List<TensorType> types) {
        for (TensorType type : types) {
            if (!has(type.name())) {
                throw OnnxException.tensor(
                        Code.MISSING, type.name(), "cannot be an output: nothing produces it");
            }
        }
        outputs.clear();
        outputs.addAll(types);
    }

    /** Makes values outputs too, after the present ones; those that are outputs already stay. */
    public void expose(Collection<String> values) {
        List<TensorType> all = new ArrayList<>(outputs);
        Set<String> present = new HashSet<>();
        outputs.forEach(output -> present.add(output.name()));
        for (String value : values) {
            if (present.add(value)) {
                all.add(new TensorType(value, TensorProto.DataType.UNDEFINED, Shape.UNRANKED));
            }
        }
        setOutputs(all);
    }

    /** Removes nodes and constants that no output needs; the graph's inputs stay. */
    public void prune() {
        List<Node> all = nodes();
        for (int i = all.size() - 1; i >= 0; i--) {
            Node node = all.get(i);
            boolean needed =
                    node.outputs.stream()
                            .anyMatch(value -> wiring.consumes(value) || isOutput(value));
            if (!needed) {
                wiring.detach(node);
            }
        }
        constants.keySet().removeIf(value -> !wiring.consumes(value) && !isOutput(value));
    }

    private void attach(Node node) {
        for (String output : node.outputs()) {
            if (!output.isEmpty()) {
                unused(output);
            }
        }
        wiring.attach(node);
    }

    private void unused(String value) {
        if (value.isEmpty()) {
            throw OnnxException.model(Code.MALFORMED, "a value has no name");
        }
        if (has(value)) {
            throw OnnxException.tensor(Code.DUPLICATE, value, "is produced twice");
        }
    }

    private static String unique(String base, Predicate<String> taken) {
        String candidate = base;
        for (int i = 2; taken.test(candidate); i++) {
            candidate = base + "_" + i;
        }
        return candidate;
    }
}
