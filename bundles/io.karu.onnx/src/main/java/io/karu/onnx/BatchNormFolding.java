package io.karu.onnx;

import io.karu.onnx.proto.TensorProto.DataType;
import java.util.List;
import java.util.Optional;

/** BatchNormalization put into the weights of the layer before it. */
final class BatchNormFolding {
    /**
     * Per output channel, {@code y = factor x + offset}.
     *
     * @param factor γ / √(variance + ε)
     * @param offset β − mean · factor
     */
    private record Affine(double[] factor, double[] offset) {}

    private BatchNormFolding() {}

    static int fold(Graph graph) {
        int folded = 0;
        for (Node norm : graph.nodes()) {
            if (norm.is("BatchNormalization") && fold(graph, norm)) {
                folded++;
            }
        }
        graph.prune();
        return folded;
    }

    private static boolean fold(Graph graph, Node norm) {
        String between = norm.input(0);
        Optional<Node> layer = graph.producer(between);
        if (layer.isEmpty()
                || !layer.get().is("Conv", "ConvTranspose", "Gemm")
                || graph.consumers(between).size() != 1
                || graph.isOutput(between)) {
            return false;
        }
        Affine affine = affine(graph, norm);
        Optional<Constant> weight = graph.constant(layer.get().input(1));
        if (affine == null || weight.isEmpty() || weight.get().type() != DataType.FLOAT) {
            return false;
        }
        int channels = affine.factor().length;
        double[] bias = bias(graph, layer.get(), channels);
        double[] scaled = scaled(layer.get(), weight.get(), affine.factor());
        if (bias == null || scaled == null) {
            return false;
        }
        for (int i = 0; i < channels; i++) {
            bias[i] = bias[i] * affine.factor()[i] + affine.offset()[i];
        }
        long[] shape = weight.get().shape().sizes();
        set(graph, layer.get(), 1, ".weight", Constant.of("", DataType.FLOAT, scaled, shape));
        set(graph, layer.get(), 2, ".bias", Constant.of("", DataType.FLOAT, bias, channels));
        graph.unset(layer.get(), "beta");
        graph.bypass(norm);
        return true;
    }

    private static Affine affine(Graph graph, Node norm) {
        double[][] parameters = new double[4][];
        for (int i = 0; i < 4; i++) {
            Optional<Constant> constant = graph.constant(norm.input(i + 1));
            if (constant.isEmpty() || constant.get().type() != DataType.FLOAT) {
                return null;
            }
            parameters[i] = constant.get().doubles();
        }
        double epsilon = norm.floating("epsilon", 1e-5f);
        double[] factor = new double[parameters[0].length];
        double[] offset = new double[factor.length];
        for (int i = 0; i < factor.length; i++) {
            factor[i] = parameters[0][i] / Math.sqrt(parameters[3][i] + epsilon);
            offset[i] = parameters[1][i] - parameters[2][i] * factor[i];
            if (!Double.isFinite(factor[i]) || !Double.isFinite(offset[i])) {
                return null;
            }
        }
        return new Affine(factor, offset);
    }

    /** The layer's bias per channel, zeros if absent, null when it is not a plain constant. */
    private static double[] bias(Graph graph, Node layer, int channels) {
        double[] bias = new double[channels];
        if (!layer.hasInput(2)) {
            return bias;
        }
        Optional<Constant> given = graph.constant(layer.input(2));
        if (given.isEmpty()
                || given.get().elements() != channels
                || given.get().shape().size(-1) != channels) {
            return null;
        }
        double[] values = given.get().doubles();
        float beta = layer.floating("beta", 1);
        for (int i = 0; i < channels; i++) {
            bias[i] = values[i] * beta;
        }
        return bias;
    }

    private static double[] scaled(Node layer, Constant weight, double[] factor) {
        double[] values = weight.doubles();
        long[] shape = weight.shape().sizes();
        long inner = 1;
        for (int i = 1; i < shape.length; i++) {
            inner *= shape[i];
        }
        long group = layer.integer("group", 1);
        boolean columns = layer.is("Gemm") && layer.integer("transB", 0) == 0;
        long outputs = layer.is("ConvTranspose") ? shape[1] * group : columns ? shape[1] : shape[0];
        if (outputs != factor.length) {
            return null;
        }
        for (int i = 0; i < values.length; i++) {
            long channel;
            if (layer.is("ConvTranspose")) {
                long perGroup = shape[0] / group;
                channel = i / inner / perGroup * shape[1] + i % inner / (inner / shape[1]);
            } else {
                channel = columns ? i % shape[1] : i / inner;
            }
            values[i] *= factor[(int) channel];
        }
        return values;
    }

    /**
     * Sets a constant input under the name it has, or a fresh one when that is shared or absent.
     */
    private static void set(Graph graph, Node layer, int input, String suffix, Constant value) {
        String name = layer.input(input);
        boolean own = !name.isEmpty() && graph.consumers(name).equals(List.of(layer));
        String called = own && !graph.isOutput(name) ? name : graph.fresh(layer.name() + suffix);
        graph.set(value.named(called));
        graph.setInput(layer, input, called);
    }
}
