package io.karu.compression;

import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives convolutions on bytes input channels in fours, where the image has one or three: ONNX
 * Runtime's convolution kernels on bytes take four channels at a time and leave every other number
 * to a copy of each window and a product of matrices, half as fast. The added channels hold the
 * zero point and meet weights of zero, so the result is the same to the bit.
 */
final class AlignedChannels {
    private static final int STEP = 4;

    /** Fewer output channels have no such kernel. */
    private static final int LEAST_OUTPUTS = 16;

    private final Graph graph;
    private final Map<String, String> padded = new HashMap<>();

    private AlignedChannels(Graph graph) {
        this.graph = graph;
    }

    /** Rewrites a quantized graph in place. */
    static Graph align(Graph quantized) {
        AlignedChannels aligning = new AlignedChannels(quantized);
        List.copyOf(quantized.nodes()).stream()
                .filter(node -> node.is("Conv") && node.integer("group", 1) == 1)
                .forEach(aligning::convolution);
        quantized.prune();
        return quantized;
    }

    private void convolution(Node conv) {
        Node input = graph.producer(conv.input(0)).orElse(null);
        Node weights = graph.producer(conv.input(1)).orElse(null);
        if (!isDequantize(input) || !isDequantize(weights)) {
            return;
        }
        Constant kernel = graph.constant(weights.input(0)).orElse(null);
        if (kernel == null || kernel.type() != DataType.INT8 || kernel.shape().rank() != 4) {
            return;
        }
        long[] shape = kernel.shape().sizes();
        int missing = (int) ((STEP - shape[1] % STEP) % STEP);
        boolean onePixel = shape[2] * shape[3] == 1;
        if (missing == 0 || onePixel || shape[0] < LEAST_OUTPUTS) {
            return;
        }
        graph.setInput(conv, 0, wider(input, missing));
        graph.set(Constant.of(kernel.name(), DataType.INT8, wider(kernel, missing), wide(shape)));
    }

    private static boolean isDequantize(Node node) {
        return node != null && node.is("DequantizeLinear") && node.hasInput(2);
    }

    /** The dequantized tensor with more channels; made once for all that take it. */
    private String wider(Node dequantize, int missing) {
        return padded.computeIfAbsent(
                dequantize.output(),
                tensor -> {
                    String pads = graph.fresh(tensor + "/channels");
                    graph.set(Constant.of(pads, new long[] {0, 0, 0, 0, 0, missing, 0, 0}, 8));
                    String bytes =
                            graph.add(
                                            graph.fresh(tensor + "/aligned"),
                                            "Pad",
                                            List.of(dequantize.input(0), pads, dequantize.input(2)))
                                    .output();
                    return graph.add(
                                    graph.fresh(tensor + "/aligned_dequantize"),
                                    "DequantizeLinear",
                                    List.of(bytes, dequantize.input(1), dequantize.input(2)))
                            .output();
                });
    }

    private static byte[] wider(Constant kernel, int missing) {
        long[] shape = kernel.shape().sizes();
        int row = (int) (shape[1] * shape[2] * shape[3]);
        int wide = row + (int) (missing * shape[2] * shape[3]);
        byte[] from = kernel.bytes();
        byte[] to = new byte[(int) shape[0] * wide];
        for (int o = 0; o < shape[0]; o++) {
            System.arraycopy(from, o * row, to, o * wide, row);
        }
        return to;
    }

    private static long[] wide(long[] shape) {
        long[] wide = Arrays.copyOf(shape, shape.length);
        wide[1] = (shape[1] + STEP - 1) / STEP * STEP;
        return wide;
    }
}
