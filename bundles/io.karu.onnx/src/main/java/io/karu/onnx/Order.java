package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Stable topological order: each node right after what it needs, else as given. */
final class Order {
    private record Visit(Node node, Iterator<String> left) {}

    private Order() {}

    static List<Node> of(Collection<Node> nodes, Map<String, Node> producers) {
        List<Node> order = new ArrayList<>(nodes.size());
        Set<Node> done = new HashSet<>();
        Set<Node> open = new HashSet<>();
        Deque<Visit> path = new ArrayDeque<>();
        for (Node start : nodes) {
            enter(start, path, open, done);
            while (!path.isEmpty()) {
                Visit visit = path.peek();
                if (visit.left().hasNext()) {
                    Node before = producers.get(visit.left().next());
                    if (before != null) {
                        enter(before, path, open, done);
                    }
                } else {
                    path.pop();
                    done.add(visit.node());
                    order.add(visit.node());
                }
            }
        }
        return order;
    }

    private static void enter(Node node, Deque<Visit> path, Set<Node> open, Set<Node> done) {
        if (done.contains(node)) {
            return;
        }
        if (!open.add(node)) {
            throw OnnxException.node(Code.CYCLE, node, "needs its own output");
        }
        path.push(new Visit(node, node.inputs().iterator()));
    }
}
