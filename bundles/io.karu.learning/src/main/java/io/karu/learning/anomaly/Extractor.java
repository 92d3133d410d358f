package io.karu.learning.anomaly;

import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import java.io.IOException;
import java.util.List;

/** Writes what turns pixels into feature vectors, one for each cell, into a graph. */
public interface Extractor {
    /** Short name for cards and reports. */
    String name();

    /** Pixels from one cell to the next, on both axes. */
    int stride();

    /** Numbers in a vector. */
    int channels();

    /**
     * Features that belong together: they are embedded and remembered by themselves, and count the
     * same whatever their number.
     *
     * @param channels how many there are
     * @param components principal components that are kept of them at most
     */
    record Kind(int channels, int components) {}

    /** Kinds of features in the order of their channels, which add up to {@link #channels}. */
    default List<Kind> kinds() {
        return List.of(new Kind(channels(), 32));
    }

    /** Weights that it brings. */
    long parameters();

    /** Multiplications and additions of its convolutions for an image of that size. */
    long macs(int width, int height);

    /**
     * Writes the features into a graph.
     *
     * @param pixels FLOAT {@code [N,1,H,W]}, 0 to 255
     * @return FLOAT {@code [N,channels,H/stride,W/stride]}, sizes rounded down
     */
    Value append(GraphBuilder graph, Value pixels) throws IOException;
}
