package io.karu.learning.djl;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The page docs/trainable-operators.md. */
final class TrainableOperatorsPage {
    private TrainableOperatorsPage() {}

    static String text() {
        Map<String, Long> forms =
                OperatorCases.all().stream()
                        .flatMap(
                                one ->
                                        one.graph().nodes().stream()
                                                .map(node -> node.operator())
                                                .distinct())
                        .collect(
                                Collectors.groupingBy(
                                        name -> name, TreeMap::new, Collectors.counting()));
        StringBuilder page = new StringBuilder();
        page.append(
                """
                # Trainable operators

                What `TrainableGraph` (`io.karu.learning.djl`) executes with gradients, on PyTorch through DJL. A graph with any other operator is
                refused with the node's name. *Graphs* counts the small graphs in which the operator is compared with ONNX Runtime (within 1e-4) and,
                where it has a gradient, with a difference quotient; whole networks are compared in `NetworksTest`.

                Comparisons, ArgMax, TopK's indices, rounding and Cast between types pass no gradient; QuantizeLinear and DequantizeLinear pass it
                straight through, and a trained scale receives that of learned step sizes. Tensors: FLOAT, DOUBLE, UINT8, INT8, INT32, INT64, BOOL.
                Constants become parameters as `TrainableGraph` says.

                This page is generated from the code (`OperatorsTest`).

                | operator | graphs | without |
                | --- | --- | --- |
                """);
        for (String name : Operators.names()) {
            long count = forms.getOrDefault(name, 0L);
            page.append("| ").append(name).append(" | ");
            page.append(count == 0 ? "" : Long.toString(count)).append(" | ");
            page.append(Operators.without(name)).append(" |\n");
        }
        return page.toString();
    }
}
