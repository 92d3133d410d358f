package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import io.karu.onnx.OnnxException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Executes the nodes of a graph; each array is let go of after its last use. */
final class Interpreter {
    /**
     * A node to execute.
     *
     * @param partner of a DequantizeLinear, or null
     */
    private record Step(Node node, Operator operator, Node partner) {}

    private final List<Step> steps = new ArrayList<>();
    private final Map<String, NDArray> fixed;
    private final Map<String, long[]> integers;
    private final Set<String> constants = new HashSet<>();
    private final int opset;

    Interpreter(Graph graph, Map<String, NDArray> fixed, Map<String, long[]> integers) {
        this.fixed = fixed;
        this.integers = integers;
        opset = graph.opset();
        for (Node node : graph.nodes()) {
            Node partner = QuantizationOperators.partner(graph, node).orElse(null);
            steps.add(new Step(node, Operators.of(node), partner));
        }
        graph.constants().forEach(constant -> constants.add(constant.name()));
        fixed.forEach((name, array) -> array.setName(name));
    }

    /** Hands over the FLOAT constants that match, to become parameters. */
    List<NDArray> release(Pattern pattern) {
        List<NDArray> released =
                fixed.values().stream()
                        .filter(array -> array.getDataType().isFloating())
                        .filter(array -> pattern.matcher(array.getName()).find())
                        .toList();
        released.forEach(array -> fixed.remove(array.getName()));
        return released;
    }

    Map<String, NDArray> run(
            NDManager manager,
            Map<String, NDArray> feeds,
            Mode mode,
            Collection<String> wanted,
            Function<String, NDArray> parameters) {
        Values values = new Values(manager, feeds, parameters, wanted);
        Call.Session session = new Call.Session(manager, opset, integers);
        List<Step> needed = needed(wanted, feeds.keySet());
        needed.forEach(step -> source(step).inputs().forEach(values::use));
        for (Step step : needed) {
            Node source = source(step);
            List<NDArray> inputs = new ArrayList<>();
            for (String input : source.inputs()) {
                inputs.add(input.isEmpty() ? null : values.get(step.node, input));
            }
            boolean training = mode == Mode.TRAIN && !frozen(step.node, inputs);
            NDList outputs;
            try (KeepingScope scope = KeepingScope.inner()) {
                Call call = new Call(source, inputs, training, session);
                outputs =
                        source == step.node
                                ? step.operator.apply(call)
                                : new NDList(QuantizationOperators.pair(call));
                outputs.forEach(NDScope::unregister);
            }
            for (int i = 0; i < outputs.size(); i++) {
                values.put(step.node.output(i), outputs.get(i));
            }
            source.inputs().forEach(values::release);
        }
        return values.results(wanted);
    }

    /** The node whose inputs a step takes: a pair with a constant scale is one operation. */
    private Node source(Step step) {
        boolean pair = step.partner != null && fixed.containsKey(step.partner.input(1));
        return pair ? step.partner : step.node;
    }

    /** A normalisation whose scale is frozen keeps its statistics too. */
    private static boolean frozen(Node node, List<NDArray> inputs) {
        return node.is("BatchNormalization") && !inputs.get(1).hasGradient();
    }

    private List<Step> needed(Collection<String> wanted, Set<String> given) {
        Set<String> open = new HashSet<>(wanted);
        List<Step> needed = new ArrayList<>();
        for (int i = steps.size() - 1; i >= 0; i--) {
            Node node = steps.get(i).node;
            if (node.outputs().stream().anyMatch(open::contains)
                    && !given.containsAll(node.outputs())) {
                needed.add(0, steps.get(i));
                open.addAll(source(steps.get(i)).inputs());
            }
        }
        return needed;
    }

    /** The arrays of one run by name of value. */
    private final class Values {
        private final NDManager manager;
        private final Function<String, NDArray> parameters;
        private final Map<String, NDArray> arrays = new HashMap<>();
        private final Map<String, Integer> uses = new HashMap<>();
        private final Map<NDArray, Integer> holders = new IdentityHashMap<>();
        private final Set<NDArray> lent = Collections.newSetFromMap(new IdentityHashMap<>());

        Values(
                NDManager manager,
                Map<String, NDArray> feeds,
                Function<String, NDArray> parameters,
                Collection<String> wanted) {
            this.manager = manager;
            this.parameters = parameters;
            arrays.putAll(feeds);
            lent.addAll(feeds.values());
            wanted.forEach(this::use);
        }

        void use(String value) {
            uses.merge(value, 1, Integer::sum);
        }

        NDArray get(Node node, String value) {
            NDArray array = lookUp(value);
            if (array == null) {
                throw OnnxException.node(
                        OnnxException.Code.MISSING, node, value, "was not given as input");
            }
            return array;
        }

        /** Null when there is none. Constants and parameters outlive the run, as feeds do. */
        private NDArray lookUp(String value) {
            NDArray array = arrays.get(value);
            if (array == null && constants.contains(value)) {
                NDArray constant = fixed.get(value);
                array = constant == null ? parameters.apply(value) : constant;
                lent.add(array);
            }
            return array;
        }

        void put(String value, NDArray array) {
            boolean used = !value.isEmpty() && uses.containsKey(value);
            if (used) {
                arrays.put(value, array);
            }
            if (lent.contains(array)) {
                return;
            }
            if (used && holders.merge(array, 1, Integer::sum) == 1) {
                array.attach(manager);
                NDScope.register(array);
            } else if (!used && !holders.containsKey(array)) {
                array.close();
            }
        }

        void release(String value) {
            if (value.isEmpty() || uses.merge(value, -1, Integer::sum) > 0) {
                return;
            }
            NDArray array = arrays.remove(value);
            if (array != null && holders.containsKey(array)) {
                if (holders.merge(array, -1, Integer::sum) == 0) {
                    holders.remove(array);
                    array.close();
                }
            }
        }

        Map<String, NDArray> results(Collection<String> wanted) {
            Map<String, NDArray> results = new LinkedHashMap<>();
            for (String value : wanted) {
                NDArray array = lookUp(value);
                if (array == null) {
                    throw OnnxException.tensor(
                            OnnxException.Code.MISSING, value, "is not a value of this graph");
                }
                results.put(value, array);
            }
            return results;
        }
    }
}
