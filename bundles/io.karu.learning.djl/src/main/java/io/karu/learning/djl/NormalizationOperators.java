package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Arrays;
import java.util.Map;

/** Batch, layer, instance, group and response normalisation. */
final class NormalizationOperators {
    private NormalizationOperators() {}

    static void register(Map<String, Operator> operators) {
        operators.put("BatchNormalization", (Operator.Single) NormalizationOperators::batch);
        operators.put("LayerNormalization", (Operator.Single) NormalizationOperators::layer);
        operators.put("InstanceNormalization", (Operator.Single) NormalizationOperators::instance);
        operators.put("GroupNormalization", (Operator.Single) NormalizationOperators::group);
        operators.put("LRN", (Operator.Single) NormalizationOperators::response);
        operators.put(
                "MeanVarianceNormalization", (Operator.Single) NormalizationOperators::variance);
        operators.put("LpNormalization", (Operator.Single) NormalizationOperators::power);
    }

    /** In training the batch's statistics are used, and the running ones move towards them. */
    private static NDArray batch(Call call) {
        NDArray input = call.in(0);
        return input.getNDArrayInternal()
                .batchNorm(
                        input,
                        call.in(3),
                        call.in(4),
                        call.in(1),
                        call.in(2),
                        -1,
                        call.node.floating("momentum", 0.9f),
                        call.node.floating("epsilon", 1e-5f),
                        call.training)
                .singletonOrThrow();
    }

    private static NDArray layer(Call call) {
        if (call.node.outputs().size() > 1) {
            throw call.unsupported("mean and deviation as outputs");
        }
        NDArray input = call.in(0);
        int axis = call.axis("axis", -1);
        Shape normalised = input.getShape().slice(axis);
        NDArray scale = call.in(1).broadcast(normalised);
        NDArray bias =
                call.has(2)
                        ? call.in(2).broadcast(normalised)
                        : call.session.manager().zeros(normalised, input.getDataType());
        return input.getNDArrayInternal()
                .layerNorm(input, normalised, scale, bias, call.node.floating("epsilon", 1e-5f))
                .singletonOrThrow();
    }

    private static NDArray instance(Call call) {
        NDArray input = call.in(0);
        int[] axes = new int[call.rank() - 2];
        Arrays.setAll(axes, i -> i + 2);
        NDArray normal = normalized(input, axes, call.node.floating("epsilon", 1e-5f));
        return scaled(normal, call.in(1), call.in(2));
    }

    private static NDArray group(Call call) {
        NDArray input = call.in(0);
        long groups = call.node.integer("num_groups", 1);
        long batch = input.getShape().get(0);
        NDArray grouped = input.reshape(batch, groups, -1);
        NDArray normal =
                normalized(grouped, new int[] {2}, call.node.floating("epsilon", 1e-5f))
                        .reshape(input.getShape());
        long channels = input.getShape().get(1);
        return scaled(
                normal,
                perChannel(call.in(1), groups, channels),
                perChannel(call.in(2), groups, channels));
    }

    /** Operator set 18 states scale and bias per group, 21 per channel. */
    private static NDArray perChannel(NDArray values, long groups, long channels) {
        return values.size() == channels
                ? values
                : values.reshape(groups, 1)
                        .broadcast(new Shape(groups, channels / groups))
                        .reshape(channels);
    }

    /** Krizhevsky et al. 2012, §3.3, with ONNX's division of alpha by the size. */
    private static NDArray response(Call call) {
        int size = (int) call.node.integer("size", 1);
        NDArray squares = call.in(0).mul(call.in(0));
        int before = (size - 1) / 2;
        long[] begins = new long[call.rank()];
        long[] ends = new long[call.rank()];
        begins[1] = before;
        ends[1] = size - 1 - before;
        NDArray padded = Window.pad(squares, begins, ends, 0);
        long channels = call.shape().get(1);
        NDArray sum = null;
        for (int i = 0; i < size; i++) {
            NDArray part = JniUtils.slice((PtNDArray) padded, 1, i, i + channels, 1);
            sum = sum == null ? part : sum.add(part);
        }
        return call.in(0)
                .div(
                        sum.mul(call.node.floating("alpha", 1e-4f) / size)
                                .add(call.node.floating("bias", 1))
                                .pow(call.node.floating("beta", 0.75f)));
    }

    private static NDArray variance(Call call) {
        long[] given = call.integers("axes");
        int[] axes =
                given == null
                        ? new int[] {0, 2, 3}
                        : Arrays.stream(given).mapToInt(call::axis).toArray();
        NDArray input = call.in(0);
        NDArray centred = input.sub(ReductionOperators.mean(input, axes, true));
        NDArray deviation = ReductionOperators.mean(centred.mul(centred), axes, true).sqrt();
        return centred.div(deviation.add(1e-9));
    }

    private static NDArray power(Call call) {
        int[] axis = {call.axis("axis", -1)};
        NDArray input = call.in(0);
        NDArray norm =
                call.node.integer("p", 2) == 1
                        ? input.abs().sum(axis, true)
                        : input.mul(input).sum(axis, true).sqrt();
        return input.div(norm);
    }

    private static NDArray normalized(NDArray input, int[] axes, float epsilon) {
        NDArray centred = input.sub(ReductionOperators.mean(input, axes, true));
        NDArray variance = ReductionOperators.mean(centred.mul(centred), axes, true);
        return centred.div(variance.add(epsilon).sqrt());
    }

    private static NDArray scaled(NDArray input, NDArray scale, NDArray bias) {
        long[] shape = ConvolutionOperators.ones(input.getShape().dimension());
        shape[1] = -1;
        return input.mul(scale.reshape(shape)).add(bias.reshape(shape));
    }
}
