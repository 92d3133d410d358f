package io.karu.compression;

import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import io.karu.onnx.TensorType;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.List;

/**
 * Lets pixels enter the first convolution as the bytes that they are: normalising by one mean and
 * one deviation is what DequantizeLinear does, so nothing is converted to floating point and back.
 * What a mean between two whole numbers leaves over goes into the biases; it is at most half a
 * level of a pixel, and exact but for the padding.
 */
final class PixelInput {
    private final Graph graph;

    private PixelInput(Graph graph) {
        this.graph = graph;
    }

    /** Rewrites every such input of a simulating graph, in place. */
    static void absorb(Graph simulated) {
        PixelInput absorbing = new PixelInput(simulated);
        for (TensorType input : simulated.inputs()) {
            if (input.type() == DataType.UINT8) {
                absorbing.input(input.name());
            }
        }
    }

    private void input(String input) {
        Node node = only(input);
        if (node == null || !node.is("Cast")) {
            return;
        }
        double factor = 1;
        double offset = 0;
        String value = node.output();
        for (node = only(value); node != null; node = only(value)) {
            if (node.is("QuantizeLinear")) {
                quantized(input, node, factor, offset);
                return;
            }
            boolean first = node.input(0).equals(value);
            Constant other = graph.constant(node.input(first ? 1 : 0)).orElse(null);
            if (other == null || other.elements() != 1 || other.type() != DataType.FLOAT) {
                return;
            }
            float by = other.floats()[0];
            if (node.is("Add")) {
                offset += by;
            } else if (node.is("Sub") && first) {
                offset -= by;
            } else if (node.is("Mul")) {
                factor *= by;
                offset *= by;
            } else if (node.is("Div") && first) {
                factor /= by;
                offset /= by;
            } else {
                return;
            }
            value = node.output();
        }
    }

    private void quantized(String input, Node quantize, double factor, double offset) {
        Node dequantize = only(quantize.output());
        if (dequantize == null || !(factor > 0) || graph.isOutput(dequantize.output())) {
            return;
        }
        long zero = Math.round(-offset / factor);
        boolean unsigned =
                graph.constant(quantize.input(2))
                        .filter(c -> c.type() == DataType.UINT8)
                        .isPresent();
        List<Node> takers = graph.consumers(dequantize.output());
        if (!unsigned
                || zero < 0
                || zero > 255
                || !takers.stream().allMatch(taker -> taker.is("Conv", "Gemm"))) {
            return;
        }
        float left = (float) (offset + factor * zero);
        takers.forEach(taker -> shift(taker, left));
        String tensor = dequantize.output();
        graph.remove(dequantize);
        graph.remove(quantize);
        String step = graph.fresh(input + "/scale");
        graph.set(Constant.of(step, new float[] {(float) factor}));
        String point = graph.fresh(input + "/zero_point");
        graph.set(Constant.of(point, DataType.UINT8, new byte[] {(byte) zero}));
        graph.add(
                graph.fresh(input + "/dequantize"),
                "DequantizeLinear",
                List.of(input, step, point),
                List.of(tensor));
        graph.prune();
    }

    private void shift(Node taker, float left) {
        Constant bias = graph.constant(taker.input(2)).orElseThrow();
        Node dequantize = graph.producer(taker.input(1)).orElseThrow();
        Node quantize = graph.producer(dequantize.input(0)).orElseThrow();
        WeightMatrix weights =
                WeightMatrix.of(taker, graph.constant(quantize.input(0)).orElseThrow());
        float[] values = bias.floats();
        for (int o = 0; o < values.length; o++) {
            for (int i = 0; i < weights.columns(); i++) {
                values[o] += left * weights.get(o, i);
            }
        }
        graph.set(Constant.of(bias.name(), values, bias.shape().sizes()));
    }

    private Node only(String value) {
        List<Node> consumers = graph.consumers(value);
        return consumers.size() == 1 && !graph.isOutput(value) ? consumers.get(0) : null;
    }
}
