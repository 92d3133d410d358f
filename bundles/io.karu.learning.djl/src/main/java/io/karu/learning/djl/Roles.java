package io.karu.learning.djl;

import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Which constants of a graph are its parameters.
 *
 * <p>Weights: FLOAT constants that enter Conv, ConvTranspose, Gemm, MatMul, PRelu or a
 * normalisation as such, also behind QuantizeLinear, DequantizeLinear and what only moves values;
 * vectors and position embeddings ({@code [1, T, D]}) that are added, subtracted, multiplied or
 * divided after the first weight. Statistics: running mean and variance of BatchNormalization.
 * Everything else, such as the normalisation of the input, stays as it is.
 */
final class Roles {
    enum Role {
        WEIGHT,
        STATISTIC
    }

    private static final String[] MOVES = {
        "QuantizeLinear",
        "DequantizeLinear",
        "Identity",
        "Transpose",
        "Reshape",
        "Squeeze",
        "Unsqueeze",
        "Flatten"
    };

    private final Graph graph;
    private final Map<String, Role> roles = new LinkedHashMap<>();
    private final Set<String> learned = new HashSet<>();

    private Roles(Graph graph) {
        this.graph = graph;
        for (Node node : graph.nodes()) {
            assign(node);
            boolean after =
                    node.inputs().stream().anyMatch(in -> learned.contains(in) || isWeight(in));
            if (after) {
                learned.addAll(node.outputs());
            }
        }
    }

    static Map<String, Role> of(Graph graph) {
        return new Roles(graph).roles;
    }

    private void assign(Node node) {
        if (!node.domain().isEmpty()) {
            return;
        }
        switch (node.operator()) {
            case "Conv", "ConvTranspose", "Gemm" -> {
                give(node.input(1), Role.WEIGHT);
                give(node.input(2), Role.WEIGHT);
            }
            case "MatMul" -> {
                give(node.input(0), Role.WEIGHT);
                give(node.input(1), Role.WEIGHT);
            }
            case "PRelu" -> give(node.input(1), Role.WEIGHT);
            case "LayerNormalization", "InstanceNormalization", "GroupNormalization" -> {
                give(node.input(1), Role.WEIGHT);
                give(node.input(2), Role.WEIGHT);
            }
            case "BatchNormalization" -> {
                give(node.input(1), Role.WEIGHT);
                give(node.input(2), Role.WEIGHT);
                give(node.input(3), Role.STATISTIC);
                give(node.input(4), Role.STATISTIC);
            }
            case "Add", "Sub", "Mul", "Div" -> {
                elementwise(node.input(0), node.input(1));
                elementwise(node.input(1), node.input(0));
            }
            default -> {}
        }
    }

    private void elementwise(String value, String other) {
        if (learned.contains(other)
                && graph.constant(value).filter(Roles::isLearnable).isPresent()) {
            give(value, Role.WEIGHT);
        }
    }

    private static boolean isLearnable(Constant constant) {
        long[] sizes = constant.shape().sizes();
        long wide = LongStream.of(sizes).filter(size -> size > 1).count();
        return wide == 1 || (wide == 2 && sizes.length <= 3);
    }

    private void give(String value, Role role) {
        origin(value)
                .filter(constant -> constant.type() == DataType.FLOAT)
                .ifPresent(constant -> roles.putIfAbsent(constant.name(), role));
    }

    /** The constant behind what quantizes or moves it. */
    private Optional<Constant> origin(String value) {
        Optional<Constant> constant = graph.constant(value);
        if (constant.isPresent()) {
            return constant;
        }
        return graph.producer(value)
                .filter(node -> node.is(MOVES))
                .flatMap(node -> origin(node.input(0)));
    }

    private boolean isWeight(String value) {
        return roles.get(value) == Role.WEIGHT;
    }
}
