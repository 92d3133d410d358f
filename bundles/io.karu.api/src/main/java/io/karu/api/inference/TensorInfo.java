package io.karu.api.inference;

import java.util.List;
import java.util.Objects;

/**
 * Name, type and shape of a model's input or output.
 *
 * @param name the graph's name of the tensor
 * @param type element type
 * @param shape dimensions, outermost first (images {@code [N,C,H,W]}); {@code -1} where the graph
 *     leaves a dimension open
 */
public record TensorInfo(String name, ElementType type, List<Long> shape) {
    public TensorInfo {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        shape = List.copyOf(shape);
    }
}
