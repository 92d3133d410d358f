package io.karu.onnx;

import java.util.Objects;

/**
 * A tensor in a graph under construction: an input, a constant or a node's output.
 *
 * @param name its name in the graph
 */
public record Value(String name) {
    public Value {
        Objects.requireNonNull(name, "name");
    }
}
