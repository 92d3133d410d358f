package io.karu.compression;

import io.karu.onnx.Graph;
import java.util.List;
import java.util.Map;

/**
 * A quantized graph and how it came about.
 *
 * @param graph with QuantizeLinear and DequantizeLinear
 * @param base the floating-point graph that was quantized: the original, or equalised
 * @param plan which nodes run on bytes
 * @param ranges what each activation keeps
 * @param steps what was done in order, for the lineage
 */
public record Quantized(
        Graph graph,
        Graph base,
        QuantizationPlan plan,
        Map<String, Range> ranges,
        List<String> steps) {
    public Quantized {
        ranges = Map.copyOf(ranges);
        steps = List.copyOf(steps);
    }
}
