package org.eclipse.kura.ai.inference;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A tensor: its descriptor and its elements in row-major order. */
public class Tensor {

    private final Class<?> type;
    private final TensorDescriptor descriptor;
    private final List<?> data;

    public <T> Tensor(Class<T> type, TensorDescriptor descriptor, List<T> data) {
        this.type = Objects.requireNonNull(type, "type");
        this.descriptor = Objects.requireNonNull(descriptor, "descriptor");
        this.data = Objects.requireNonNull(data, "data");
    }

    public Class<?> getType() {
        return this.type;
    }

    public TensorDescriptor getDescriptor() {
        return this.descriptor;
    }

    /** The elements, if they are of this type. */
    @SuppressWarnings("unchecked")
    public <T> Optional<List<T>> getData(Class<T> type) {
        return type.isAssignableFrom(this.type)
                ? Optional.of((List<T>) this.data)
                : Optional.empty();
    }
}
