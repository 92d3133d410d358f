package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one run of a graph costs, node by node as written: engines that fuse nodes move less.
 *
 * @param nodes cost of each node in the order of execution
 * @param peakActivationBytes most memory of activations at once, without reuse in place; views
 *     (Reshape, Flatten, …) share their input's memory, constants are not counted
 * @param peakNode the node that runs at that moment
 */
public record Cost(List<NodeCost> nodes, long peakActivationBytes, String peakNode) {
    /**
     * Cost of a node.
     *
     * @param node its name
     * @param operator its operator
     * @param macs multiplications whose products are summed: convolutions and matrix products
     * @param parameters trained values it holds; statistics of batch normalisation, scalars and
     *     scales of quantization are not counted, shared ones only at their first node
     * @param bytesMoved bytes of activations and constants read, and of activations written
     */
    public record NodeCost(
            String node, String operator, long macs, long parameters, long bytesMoved) {}

    public Cost {
        nodes = List.copyOf(nodes);
    }

    /** Multiply-accumulates of all nodes. */
    public long macs() {
        return nodes.stream().mapToLong(NodeCost::macs).sum();
    }

    /** Parameters of all nodes. */
    public long parameters() {
        return nodes.stream().mapToLong(NodeCost::parameters).sum();
    }

    /** Bytes that all nodes move. */
    public long bytesMoved() {
        return nodes.stream().mapToLong(NodeCost::bytesMoved).sum();
    }

    /**
     * Cost of a run with inputs of given shapes.
     *
     * @param inputs shapes by the input's name; inputs that are not among them are as declared
     * @throws OnnxException when a value's shape is still open then
     */
    public static Cost of(Graph graph, Map<String, Shape> inputs) {
        return new Count(graph, Shapes.of(graph, inputs)).all();
    }

    private static final class Count {
        private final Graph graph;
        private final Shapes shapes;

        /** Bytes that values computed from constants alone take as they are stored. */
        private final Map<String, Long> stored = new HashMap<>();

        private final Set<String> counted = new HashSet<>();

        private Count(Graph graph, Shapes shapes) {
            this.graph = graph;
            this.shapes = shapes;
            graph.constants().forEach(c -> stored.put(c.name(), (long) c.byteCount()));
        }

        private Cost all() {
            List<NodeCost> costs = new ArrayList<>();
            for (Node node : graph.nodes()) {
                boolean constant = node.inputs().stream().allMatch(this::isStored);
                if (constant) {
                    long bytes = node.hasInput(0) ? stored.get(node.input(0)) : 0;
                    node.outputs().forEach(output -> stored.put(output, bytes));
                }
                costs.add(
                        new NodeCost(
                                node.name(),
                                node.operator(),
                                Macs.of(node, shapes),
                                parameters(node),
                                constant || isView(node) ? 0 : moved(node)));
            }
            return peak(costs);
        }

        private boolean isStored(String value) {
            return value.isEmpty() || stored.containsKey(value);
        }

        private long moved(Node node) {
            long bytes = 0;
            for (String input : new HashSet<>(node.inputs())) {
                if (!input.isEmpty()) {
                    bytes += isStored(input) ? stored.get(input) : bytes(node, input);
                }
            }
            for (String output : node.outputs()) {
                bytes += output.isEmpty() ? 0 : bytes(node, output);
            }
            return bytes;
        }

        private long parameters(Node node) {
            long parameters = 0;
            for (int i = 0; i < node.inputs().size(); i++) {
                String input = node.input(i);
                boolean statistic = i > 2 && node.is("BatchNormalization");
                boolean scale = i > 0 && node.is("QuantizeLinear", "DequantizeLinear");
                if (statistic || scale || graph.constant(input).isEmpty()) {
                    continue;
                }
                Constant constant = graph.constant(input).get();
                boolean trained =
                        constant.shape().rank() > 0
                                && constant.type() != DataType.INT64
                                && constant.type() != DataType.BOOL;
                if (trained && counted.add(input)) {
                    parameters += constant.elements();
                }
            }
            return parameters;
        }

        private long bytes(Node node, String value) {
            Shape shape = shapes.shape(value);
            if (!shape.isFixed()) {
                throw OnnxException.node(
                        Code.SHAPE,
                        node,
                        value,
                        "has the open shape " + shape + ": give the shapes of the inputs");
            }
            return ElementType.bytes(value, shapes.elementType(value), shape);
        }

        private Cost peak(List<NodeCost> costs) {
            Map<String, String> owner = owners();
            Map<String, Integer> last = lastUses(owner);
            Map<String, Long> alive = new HashMap<>();
            List<Node> nodes = graph.nodes();
            for (TensorType input : graph.inputs()) {
                if (!nodes.isEmpty()) {
                    alive.put(input.name(), bytes(nodes.get(0), input.name()));
                }
            }
            long now = alive.values().stream().mapToLong(Long::longValue).sum();
            long peak = now;
            String at = nodes.isEmpty() ? "" : nodes.get(0).name();
            for (int i = 0; i < nodes.size(); i++) {
                for (String output : nodes.get(i).outputs()) {
                    if (owner.getOrDefault(output, "").equals(output)) {
                        long bytes = bytes(nodes.get(i), output);
                        alive.put(output, bytes);
                        now += bytes;
                    }
                }
                if (now > peak) {
                    peak = now;
                    at = nodes.get(i).name();
                }
                int position = i;
                List<String> over =
                        alive.keySet().stream()
                                .filter(value -> last.getOrDefault(value, -1) <= position)
                                .toList();
                for (String value : over) {
                    now -= alive.remove(value);
                }
            }
            return new Cost(costs, peak, at);
        }

        /** The value whose memory each activation lies in; itself unless it is a view. */
        private Map<String, String> owners() {
            Map<String, String> owner = new HashMap<>();
            graph.inputs().forEach(input -> owner.put(input.name(), input.name()));
            for (Node node : graph.nodes()) {
                for (String output : node.outputs()) {
                    if (!isStored(output)) {
                        boolean view = isView(node) && owner.containsKey(node.input(0));
                        owner.put(output, view ? owner.get(node.input(0)) : output);
                    }
                }
            }
            return owner;
        }

        private Map<String, Integer> lastUses(Map<String, String> owner) {
            Map<String, Integer> last = new HashMap<>();
            List<Node> nodes = graph.nodes();
            for (int i = 0; i < nodes.size(); i++) {
                for (String input : nodes.get(i).inputs()) {
                    if (owner.containsKey(input)) {
                        last.put(owner.get(input), i);
                    }
                }
            }
            for (TensorType output : graph.outputs()) {
                if (owner.containsKey(output.name())) {
                    last.put(owner.get(output.name()), Integer.MAX_VALUE);
                }
            }
            return last;
        }

        private static boolean isView(Node node) {
            return node.is("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout");
        }
    }
}
