package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
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
