package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.AttributeProto;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The nodes of a graph and what connects them. */
final class Wiring {
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Map<String, Node> producers = new LinkedHashMap<>();
    private final Map<String, Set<Node>> consumers = new LinkedHashMap<>();
    private List<Node> order;

    /** Nodes so that each comes after those it needs. OnnxException when they form a cycle. */
    List<Node> ordered() {
        if (order == null) {
            order = List.copyOf(Order.of(nodes.values(), producers));
        }
        return order;
    }

    boolean has(String node) {
        return nodes.containsKey(node);
    }

    Optional<Node> node(String name) {
        return Optional.ofNullable(nodes.get(name));
    }

    Optional<Node> producer(String value) {
        return Optional.ofNullable(producers.get(value));
    }

    boolean produces(String value) {
        return producers.containsKey(value);
    }

    List<Node> consumers(String value) {
        return List.copyOf(consumers.getOrDefault(value, Set.of()));
    }

    boolean consumes(String value) {
        return consumers.containsKey(value);
    }

    /** Adds a node whose name and outputs are free. */
    void attach(Node node) {
        for (AttributeProto attribute : node.attributes()) {
            if (attribute.hasG() || attribute.getGraphsCount() > 0) {
                throw OnnxException.node(
                        Code.OPERATOR, node, "holds a graph: control flow is not supported");
            }
        }
        for (String output : node.outputs) {
            if (!output.isEmpty() && producers.put(output, node) != null) {
                throw OnnxException.tensor(Code.DUPLICATE, output, "is produced twice");
            }
        }
        nodes.put(node.name(), node);
        link(node);
    }

    void detach(Node node) {
        unlink(node);
        node.outputs.forEach(producers::remove);
        nodes.remove(node.name());
    }

    void rename(Node node, String name) {
        nodes.remove(node.name());
        node.rename(name);
        nodes.put(name, node);
        order = null;
    }

    void renameOutput(Node node, String from, String to) {
        producers.remove(from);
        node.outputs.replaceAll(output -> output.equals(from) ? to : output);
        producers.put(to, node);
    }

    /** Changes the inputs of a node. */
    void rewire(Node node, Runnable change) {
        unlink(node);
        change.run();
        link(node);
    }

    void wantOwn(Node node) {
        if (nodes.get(node.name()) != node) {
            throw new IllegalArgumentException("node " + node.name() + " is not in this graph");
        }
    }

    private void link(Node node) {
        for (String input : node.inputs) {
            if (!input.isEmpty()) {
                consumers.computeIfAbsent(input, value -> new LinkedHashSet<>()).add(node);
            }
        }
        order = null;
    }

    private void unlink(Node node) {
        for (String input : node.inputs) {
            Set<Node> uses = consumers.get(input);
            if (uses != null) {
                uses.remove(node);
                if (uses.isEmpty()) {
                    consumers.remove(input);
                }
            }
        }
        order = null;
    }
}
