package io.karu.onnx;

/**
 * What a model may take while it is read. Refused before memory is taken for it.
 *
 * @param fileBytes largest file of a graph, and of tensor data beside it
 * @param memoryBytes most memory of all messages and tensors together
 * @param valueBytes largest value that a run with the declared sizes would hold
 */
public record Limits(long fileBytes, long memoryBytes, long valueBytes) {
    /** Files up to the format's 2 GiB, a third of this JVM's heap, values up to 2 GiB. */
    public static final Limits DEFAULT =
            new Limits(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / 3, 1L << 31);

    public Limits {
        if (fileBytes < 1 || memoryBytes < 1 || valueBytes < 1) {
            throw new IllegalArgumentException(
                    "limits are " + fileBytes + ", " + memoryBytes + ", " + valueBytes);
        }
    }
}
