package org.eclipse.kura.type;

import java.util.Arrays;
import java.util.Objects;

/** Typed bytes, held by reference: they travel through wires without a copy. */
public class ByteArrayValue implements TypedValue<byte[]> {

    private final byte[] value;

    public ByteArrayValue(byte[] value) {
        this.value = Objects.requireNonNull(value, "value");
    }

    @Override
    public DataType getType() {
        return DataType.BYTE_ARRAY;
    }

    @Override
    public byte[] getValue() {
        return this.value;
    }

    @Override
    public int compareTo(TypedValue<byte[]> other) {
        return Arrays.compare(this.value, other.getValue());
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof ByteArrayValue other && Arrays.equals(this.value, other.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(this.value);
    }

    @Override
    public String toString() {
        return "ByteArrayValue [value=" + Arrays.toString(this.value) + "]";
    }
}
