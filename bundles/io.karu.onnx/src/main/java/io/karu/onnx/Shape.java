package io.karu.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * Shape of a tensor, outermost dimension first; no dimension is a scalar. {@link #UNRANKED} when
 * not even the number of dimensions is known.
 */
public final class Shape {
    /** A shape of which nothing is known. */
    public static final Shape UNRANKED = new Shape(null);

    /** The shape of one element. */
    public static final Shape SCALAR = new Shape(List.of());

    private final List<Dimension> dimensions;

    private Shape(List<Dimension> dimensions) {
        this.dimensions = dimensions;
    }

    /** A shape of sizes; {@link Dimension#OPEN} for a dimension of which nothing is known. */
    public static Shape of(long... sizes) {
        List<Dimension> dimensions = new ArrayList<>(sizes.length);
        for (long size : sizes) {
            dimensions.add(size == Dimension.OPEN ? Dimension.UNKNOWN : Dimension.of(size));
        }
        return of(dimensions);
    }

    /** A shape of dimensions. */
    public static Shape of(List<Dimension> dimensions) {
        return new Shape(List.copyOf(dimensions));
    }

    /** A shape of that many dimensions of which nothing else is known. */
    public static Shape ofRank(int rank) {
        return new Shape(Collections.nCopies(rank, Dimension.UNKNOWN));
    }

    /** Whether the number of dimensions is known. */
    public boolean isRanked() {
        return dimensions != null;
    }

    /** Whether each size is known. */
    public boolean isFixed() {
        return isRanked() && dimensions.stream().noneMatch(Dimension::isOpen);
    }

    /** Number of dimensions. IllegalStateException when unranked. */
    public int rank() {
        return dimensions().size();
    }

    /** The dimensions. IllegalStateException when unranked. */
    public List<Dimension> dimensions() {
        if (dimensions == null) {
            throw new IllegalStateException("the number of dimensions is not known");
        }
        return dimensions;
    }

    /** A dimension; negative axes count from the innermost, −1. */
    public Dimension dimension(int axis) {
        return dimensions().get(axis < 0 ? axis + rank() : axis);
    }

    /** Size along an axis, {@link Dimension#OPEN} when open; negative axes count from the end. */
    public long size(int axis) {
        return dimension(axis).size();
    }

    /** All sizes, {@link Dimension#OPEN} for open ones. IllegalStateException when unranked. */
    public long[] sizes() {
        return dimensions().stream().mapToLong(Dimension::size).toArray();
    }

    /**
     * Number of elements, {@link Dimension#OPEN} when a dimension is open or unranked.
     * ArithmeticException beyond 2<sup>63</sup>−1.
     */
    public long elements() {
        return isFixed() ? elements(sizes()) : Dimension.OPEN;
    }

    /** This shape with one dimension replaced. */
    public Shape with(int axis, Dimension dimension) {
        List<Dimension> changed = new ArrayList<>(dimensions());
        changed.set(axis < 0 ? axis + rank() : axis, dimension);
        return of(changed);
    }

    static long elements(long[] sizes) {
        if (Arrays.stream(sizes).anyMatch(size -> size == 0)) {
            return 0;
        }
        long elements = 1;
        for (long size : sizes) {
            elements = Math.multiplyExact(elements, size);
        }
        return elements;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Objects.equals(dimensions, shape.dimensions);
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(dimensions);
    }

    @Override
    public String toString() {
        return dimensions == null ? "[…]" : dimensions.toString();
    }
}
