package io.karu.compression;

import io.karu.api.inference.InferenceException;
import io.karu.compression.QuantizationScheme.Activations;
import io.karu.compression.QuantizationScheme.Scale;
import io.karu.onnx.Attribute;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a plan into a graph as pairs of QuantizeLinear and DequantizeLinear. Weights become signed
 * bytes with one scale per output channel, biases 32-bit integers. Values keep their names: a
 * tensor {@code t} is what leaves its DequantizeLinear, {@code t/float} what entered the pair.
 */
final class QdqRewrite {
    static final double LARGEST_BIAS = 1 << 30;

    private final Graph graph;
    private final QuantizationScheme scheme;
    private final Map<String, Scale> scales = new LinkedHashMap<>();
    private final Map<String, String> dequantizedInputs = new HashMap<>();

    private QdqRewrite(Graph graph, QuantizationScheme scheme) {
        this.graph = graph;
        this.scheme = scheme;
    }

    /**
     * A copy of the graph that computes in floating point what bytes would give: weights stay
     * floating-point constants before their own pair, so that they can be trained or rounded.
     *
     * @param ranges one for every activation of the plan
     */
    static Graph simulate(
            Graph graph,
            QuantizationPlan plan,
            Map<String, Range> ranges,
            QuantizationScheme scheme) {
        QdqRewrite rewrite = new QdqRewrite(graph.copy(), scheme);
        rewrite.activations(plan, ranges);
        plan.weighted().forEach(rewrite::weights);
        rewrite.graph.prune();
        return rewrite.graph;
    }

    /**
     * A copy of a simulating graph with weights and biases as whole numbers.
     *
     * @param rounding how weights are rounded
     */
    static Graph freeze(
            Graph simulated,
            QuantizationPlan plan,
            QuantizationScheme scheme,
            WeightRounding rounding)
            throws InferenceException {
        QdqRewrite rewrite = new QdqRewrite(simulated.copy(), scheme);
        PixelInput.absorb(rewrite.graph);
        for (String node : plan.weighted()) {
            rewrite.freeze(node, rounding);
        }
        rewrite.graph.prune();
        return rewrite.graph;
    }

    private void activations(QuantizationPlan plan, Map<String, Range> ranges) {
        for (String tensor : plan.activations()) {
            String source = tensor;
            while (plan.sameScale().containsKey(source)) {
                source = plan.sameScale().get(source);
            }
            Range range = ranges.get(source);
            if (range == null) {
                throw new IllegalArgumentException("no range was calibrated for tensor " + source);
            }
            scales.put(tensor, scheme.scale(range));
        }
        scales.forEach(this::quantize);
    }

    private void quantize(String tensor, Scale scale) {
        boolean input = graph.isInput(tensor);
        String from = tensor;
        String to = tensor;
        if (input) {
            to = graph.fresh(tensor + "/dequantized");
            dequantizedInputs.put(tensor, to);
        } else {
            from = graph.fresh(tensor + "/float");
            graph.renameValue(tensor, from);
        }
        List<Node> takers = graph.consumers(from);
        String step = graph.fresh(tensor + "/scale");
        graph.set(Constant.of(step, new float[] {scale.step()}));
        String zero = graph.fresh(tensor + "/zero_point");
        DataType type =
                scheme.activations() == Activations.SYMMETRIC ? DataType.INT8 : DataType.UINT8;
        graph.set(Constant.of(zero, type, new byte[] {(byte) scale.zeroPoint()}));
        String bytes = graph.fresh(tensor + "/quantized");
        graph.add(bytes, "QuantizeLinear", List.of(from, step, zero));
        graph.add(
                graph.fresh(tensor + "/dequantize"),
                "DequantizeLinear",
                List.of(bytes, step, zero),
                List.of(to));
        String behind = to;
        String before = from;
        takers.forEach(taker -> graph.replaceInput(taker, before, behind));
        if (!input && graph.isOutput(from)) {
            graph.setOutputs(
                    graph.outputs().stream()
                            .map(o -> o.name().equals(before) ? o.named(behind) : o)
                            .toList());
        }
    }

    private void weights(String name) {
        Node node = graph.node(name).orElseThrow();
        Constant weights = graph.constant(node.input(1)).orElseThrow();
        WeightMatrix matrix = WeightMatrix.of(node, weights);
        float inputStep = scales.get(original(node.input(0))).step();
        float[] bias = bias(node, matrix.channels());
        float[] steps = new float[matrix.channels()];
        for (int c = 0; c < steps.length; c++) {
            steps[c] =
                    (float)
                            Math.max(
                                    scheme.weightScale(matrix.magnitude(c)),
                                    Math.abs(bias[c]) / inputStep / LARGEST_BIAS);
        }
        String own = graph.fresh(name + "/weight_float");
        graph.set(weights.named(own));
        String step = graph.fresh(name + "/weight_scale");
        String zero = graph.fresh(name + "/weight_zero_point");
        graph.set(Constant.of(step, steps, steps.length));
        graph.set(Constant.of(zero, DataType.INT8, new byte[steps.length], steps.length));
        String bytes = graph.fresh(name + "/weight_quantized");
        graph.add(
                bytes,
                "QuantizeLinear",
                List.of(own, step, zero),
                Attribute.integer("axis", matrix.axis()));
        Node dequantize =
                graph.add(
                        graph.fresh(name + "/weight"),
                        "DequantizeLinear",
                        List.of(bytes, step, zero),
                        Attribute.integer("axis", matrix.axis()));
        graph.setInput(node, 1, dequantize.output());
        if (!node.is("MatMul")) {
            String values = graph.fresh(name + "/bias_float");
            graph.set(Constant.of(values, bias, bias.length));
            graph.setInput(node, 2, values);
        }
    }

    private float[] bias(Node node, int channels) {
        if (!node.hasInput(2)) {
            return new float[channels];
        }
        float[] bias = graph.constant(node.input(2)).orElseThrow().floats();
        if (bias.length != channels) {
            throw new IllegalArgumentException(
                    "node "
                            + node.name()
                            + " has a bias of "
                            + bias.length
                            + " values for "
                            + channels
                            + " channels");
        }
        return bias;
    }

    private void freeze(String name, WeightRounding rounding) throws InferenceException {
        Node node = graph.node(name).orElseThrow();
        Node dequantize = graph.producer(node.input(1)).orElseThrow();
        Node quantize = graph.producer(dequantize.input(0)).orElseThrow();
        Constant weights = graph.constant(quantize.input(0)).orElseThrow();
        float[] steps = graph.constant(quantize.input(1)).orElseThrow().floats();
        WeightMatrix matrix = WeightMatrix.of(node, weights);
        byte[] bytes = matrix.scatter(rounding.round(name, matrix, steps, scheme.weightLimit()));
        String quantized = quantize.output();
        graph.remove(quantize);
        graph.set(Constant.of(quantized, DataType.INT8, bytes, weights.shape().sizes()));
        if (!node.is("MatMul")) {
            freezeBias(node, steps);
        }
    }

    private void freezeBias(Node node, float[] steps) {
        Node input = graph.producer(node.input(0)).orElseThrow();
        float inputStep = graph.constant(input.input(1)).orElseThrow().floats()[0];
        Constant bias = graph.constant(node.input(2)).orElseThrow();
        float[] values = bias.floats();
        int[] quantized = new int[values.length];
        float[] scale = new float[values.length];
        for (int c = 0; c < values.length; c++) {
            scale[c] = inputStep * steps[c];
            double exact = values[c] / (double) scale[c];
            quantized[c] = (int) Math.rint(Math.max(-LARGEST_BIAS, Math.min(LARGEST_BIAS, exact)));
        }
        String whole = graph.fresh(node.name() + "/bias_quantized");
        String step = graph.fresh(node.name() + "/bias_scale");
        String zero = graph.fresh(node.name() + "/bias_zero_point");
        graph.set(Constant.of(whole, quantized, quantized.length));
        graph.set(Constant.of(step, scale, scale.length));
        graph.set(Constant.of(zero, new int[scale.length], scale.length));
        Node dequantize =
                graph.add(
                        graph.fresh(node.name() + "/bias"),
                        "DequantizeLinear",
                        List.of(whole, step, zero),
                        Attribute.integer("axis", 0));
        graph.setInput(node, 2, dequantize.output());
    }

    /** A tensor's name in the plan. */
    private String original(String input) {
        return dequantizedInputs.entrySet().stream()
                .filter(e -> e.getValue().equals(input))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(input);
    }
}
