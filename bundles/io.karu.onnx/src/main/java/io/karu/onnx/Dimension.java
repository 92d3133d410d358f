package io.karu.onnx;

import java.util.Objects;

/**
 * One dimension of a tensor: a size, or open until the graph runs.
 *
 * @param size elements along the dimension, {@link #OPEN} when it is not known yet
 * @param symbol what an open dimension is called ({@code N}, {@code floor(H/2)}): open dimensions
 *     of the same symbol have the same size; empty when nothing is known
 */
public record Dimension(long size, String symbol) {
    /** Size of an open dimension. */
    public static final long OPEN = -1;

    /** A dimension of which nothing is known. */
    public static final Dimension UNKNOWN = new Dimension(OPEN, "");

    public Dimension {
        Objects.requireNonNull(symbol, "symbol");
        if (size < OPEN) {
            throw new IllegalArgumentException("size is " + size + ", must be at least 0");
        }
        if (size != OPEN && !symbol.isEmpty()) {
            throw new IllegalArgumentException("dimension " + symbol + " is open, has no size");
        }
    }

    /** A fixed dimension. */
    public static Dimension of(long size) {
        return new Dimension(size, "");
    }

    /** An open dimension. */
    public static Dimension open(String symbol) {
        return new Dimension(OPEN, symbol);
    }

    /** Whether the size is not known yet. */
    public boolean isOpen() {
        return size == OPEN;
    }

    /** Whether both are certainly of the same size. */
    public boolean isSameAs(Dimension other) {
        return isOpen()
                ? other.isOpen() && !symbol.isEmpty() && symbol.equals(other.symbol)
                : size == other.size;
    }

    @Override
    public String toString() {
        return !isOpen() ? Long.toString(size) : symbol.isEmpty() ? "?" : symbol;
    }
}
