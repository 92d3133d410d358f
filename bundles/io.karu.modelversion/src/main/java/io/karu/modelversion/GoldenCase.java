package io.karu.modelversion;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A recorded run: with these inputs the graph gave these outputs on the machine that made the
 * version. Tensors are raw little-endian files of the version.
 *
 * @param number counts from 1
 * @param tolerance largest allowed absolute difference of an output element
 * @param shapes full shape of every input and output tensor, by its name in the graph
 */
public record GoldenCase(int number, double tolerance, Map<String, List<Long>> shapes) {
    public GoldenCase {
        Objects.requireNonNull(shapes, "shapes");
        if (number < 1) {
            throw new IllegalArgumentException("golden case " + number + ": cases count from 1");
        }
        if (!(tolerance >= 0) || Double.isInfinite(tolerance)) {
            throw new IllegalArgumentException(
                    "golden case "
                            + number
                            + ": tolerance must be a number of at least 0, was "
                            + tolerance);
        }
        Map<String, List<Long>> copy = new TreeMap<>();
        shapes.forEach((name, shape) -> copy.put(name, List.copyOf(shape)));
        shapes = Collections.unmodifiableMap(copy);
    }

    /** Path of an input tensor inside the version. */
    public String inputPath(String tensor) {
        return "golden/case-" + number + ".in." + tensor + ".bin";
    }

    /** Path of an output tensor inside the version. */
    public String outputPath(String tensor) {
        return "golden/case-" + number + ".out." + tensor + ".bin";
    }

    /** The recorded shape. IllegalArgumentException when the case does not name the tensor. */
    public List<Long> shape(String tensor) {
        List<Long> shape = shapes.get(tensor);
        if (shape == null) {
            throw new IllegalArgumentException(
                    "golden case " + number + " has no shape for tensor " + tensor);
        }
        return shape;
    }
}
