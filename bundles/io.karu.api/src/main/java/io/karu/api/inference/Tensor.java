package io.karu.api.inference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;

/**
 * A tensor in memory outside the heap. The buffer belongs to the {@link Binding} that made it: it
 * is written and read in place, frame after frame, and must not be kept after the binding is
 * closed.
 *
 * @param name the graph's name of the tensor
 * @param type element type
 * @param shape dimensions, outermost first, all known
 * @param data direct buffer in native byte order, capacity = product of shape × {@link
 *     ElementType#bytes()}
 */
public record Tensor(String name, ElementType type, List<Long> shape, ByteBuffer data) {
    public Tensor {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        shape = List.copyOf(shape);
        if (!data.isDirect() || data.order() != ByteOrder.nativeOrder()) {
            throw new IllegalArgumentException(
                    "data of tensor " + name + " must be a direct buffer in native byte order");
        }
    }
}
