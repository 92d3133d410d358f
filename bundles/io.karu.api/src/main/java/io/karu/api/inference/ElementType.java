package io.karu.api.inference;

/** Element type of a tensor, named as in ONNX; {@link #bytes()} is the size of one element. */
public enum ElementType {
    FLOAT(4),
    UINT8(1),
    INT8(1),
    INT32(4),
    INT64(8),
    BOOL(1);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** Size of one element in bytes. */
    public int bytes() {
        return bytes;
    }
}
