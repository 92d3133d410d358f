package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.stream.IntStream;

/**
 * Losses: scalars, averaged over what they compare. Classes lie on axis 1 of {@code [N, K]} or
 * {@code [N, K, H, W]}; logits are scores before sigmoid or softmax. Weights, where taken, have the
 * values' shape or one that broadcasts to it; the average is then the weighted one, and 0 where all
 * weights are 0.
 */
public final class Losses {
    private static final float TINY = 1e-6f;

    private Losses() {}

    /**
     * Probabilities of the given classes.
     *
     * @param classes INT64 of shape {@code [N]} or {@code [N, H, W]}
     * @param count K
     * @param smoothing part that is spread evenly over all classes, 0 for none
     */
    public static NDArray target(NDArray classes, int count, double smoothing) {
        Check.fraction("smoothing", smoothing);
        NDArray hot = classes.oneHot(count, DataType.FLOAT32);
        int rank = hot.getShape().dimension();
        int[] order =
                IntStream.range(0, rank).map(i -> i == 0 ? 0 : i == 1 ? rank - 1 : i - 1).toArray();
        NDArray moved = rank > 2 ? hot.transpose(order) : hot;
        return smoothing == 0 ? moved : moved.mul(1 - smoothing).add(smoothing / count);
    }

    /**
     * Cross-entropy of softmax.
     *
     * @param target probabilities in the logits' shape, see {@link #target}
     */
    public static NDArray crossEntropy(NDArray logits, NDArray target) {
        return perPlace(logits, target).mean();
    }

    /**
     * Cross-entropy with a weight per class; averaged by the weights of the targets.
     *
     * @param classWeights {@code [K]}
     */
    public static NDArray crossEntropy(NDArray logits, NDArray target, NDArray classWeights) {
        long[] along = ConvolutionOperators.ones(logits.getShape().dimension());
        along[1] = -1;
        NDArray weighted = target.mul(classWeights.reshape(along));
        return weighted.mul(logits.logSoftmax(1)).sum().neg().div(weighted.sum().add(TINY));
    }

    private static NDArray perPlace(NDArray logits, NDArray target) {
        return logits.logSoftmax(1).mul(target).sum(new int[] {1}).neg();
    }

    /** Binary cross-entropy of a sigmoid. */
    public static NDArray binaryCrossEntropy(NDArray logits, NDArray target) {
        return binary(logits, target).mean();
    }

    /** Binary cross-entropy of a sigmoid, weighted. */
    public static NDArray binaryCrossEntropy(NDArray logits, NDArray target, NDArray weights) {
        return average(binary(logits, target), weights);
    }

    /** {@code max(x, 0) - x·t + log(1 + exp(-|x|))}: finite for every logit. */
    private static NDArray binary(NDArray logits, NDArray target) {
        return logits.getNDArrayInternal()
                .relu()
                .sub(logits.mul(target))
                .add(logits.abs().neg().exp().add(1).log());
    }

    /**
     * Focal loss of a sigmoid (Lin et al. 2017, eq. 5), summed and divided by the number of
     * positives, at least 1.
     *
     * @param gamma how much easy places count less, usually 2
     * @param alpha weight of positives, usually 0.25
     */
    public static NDArray focal(NDArray logits, NDArray target, double gamma, double alpha) {
        NDArray probability = logits.getNDArrayInternal().sigmoid();
        NDArray missed = target.sub(probability).abs().add(TINY).pow(gamma);
        NDArray balance = target.mul(2 * alpha - 1).add(1 - alpha);
        NDArray sum = binary(logits, target).mul(missed).mul(balance).sum();
        return sum.div(target.sum().clip(1, Float.MAX_VALUE).stopGradient());
    }

    /**
     * Penalty-reduced focal loss of centre heat maps (Zhou et al. 2019, eq. 1; α = 2, β = 4),
     * divided by the number of centres, at least 1.
     *
     * @param target 1 at centres, Gaussian around them
     */
    public static NDArray centreFocal(NDArray logits, NDArray target) {
        NDArray probability = logits.getNDArrayInternal().sigmoid();
        NDArray centre = target.gte(1).toType(DataType.FLOAT32, false);
        NDArray rest = centre.neg().add(1);
        NDArray positive =
                binary(logits, centre.onesLike())
                        .mul(probability.neg().add(1).square())
                        .mul(centre);
        NDArray negative =
                binary(logits, centre.zerosLike())
                        .mul(probability.square())
                        .mul(target.neg().add(1).square().square())
                        .mul(rest);
        return positive.add(negative).sum().div(centre.sum().clip(1, Float.MAX_VALUE));
    }

    /** Smooth L1 (Girshick 2015): quadratic below {@code beta}, linear above; weighted. */
    public static NDArray smoothL1(NDArray values, NDArray target, double beta, NDArray weights) {
        Check.positive("beta", beta);
        NDArray distance = values.sub(target).abs();
        NDArray near = distance.clip(0, beta);
        NDArray loss = near.mul(near).div(2 * beta).add(distance.sub(near));
        return average(loss, weights);
    }

    /** Smooth L1 of all values. */
    public static NDArray smoothL1(NDArray values, NDArray target, double beta) {
        return smoothL1(values, target, beta, target.onesLike());
    }

    /** Mean squared error. */
    public static NDArray squared(NDArray values, NDArray target) {
        return values.sub(target).square().mean();
    }

    /** Mean squared error, weighted. */
    public static NDArray squared(NDArray values, NDArray target, NDArray weights) {
        return average(values.sub(target).square(), weights);
    }

    /**
     * One minus the Dice coefficient of a sigmoid, per image and averaged (Milletari et al. 2016).
     * Images without a positive count as 0 when nothing is found in them.
     */
    public static NDArray dice(NDArray logits, NDArray target) {
        long images = logits.getShape().get(0);
        NDArray probability = logits.getNDArrayInternal().sigmoid().reshape(images, -1);
        NDArray truth = target.reshape(images, -1);
        int[] places = {1};
        NDArray common = probability.mul(truth).sum(places).mul(2).add(1);
        NDArray all = probability.sum(places).add(truth.sum(places)).add(1);
        return common.div(all).neg().add(1).mean();
    }

    /**
     * One minus the cosine of two feature maps along axis 1, per place and averaged.
     *
     * @param teacher receives no gradient
     */
    public static NDArray cosine(NDArray student, NDArray teacher) {
        return cosineMap(student, teacher).mean();
    }

    /** One minus the cosine along axis 1: {@code [N, C, …]} gives {@code [N, …]}. */
    public static NDArray cosineMap(NDArray student, NDArray teacher) {
        int[] channels = {1};
        NDArray fixed = teacher.stopGradient();
        NDArray dot = student.mul(fixed).sum(channels);
        NDArray own = student.square().sum(channels).add(TINY).sqrt();
        NDArray other = fixed.square().sum(channels).add(TINY).sqrt();
        return dot.div(own).div(other).neg().add(1);
    }

    /**
     * Distillation of logits (Hinton et al. 2015): the divergence of the student's softened
     * probabilities from the teacher's, times the temperature squared.
     *
     * @param teacher receives no gradient
     */
    public static NDArray distillation(NDArray student, NDArray teacher, double temperature) {
        Check.positive("temperature", temperature);
        NDArray wanted = teacher.stopGradient().div(temperature).logSoftmax(1);
        NDArray got = student.div(temperature).logSoftmax(1);
        NDArray divergence = wanted.exp().mul(wanted.sub(got)).sum(new int[] {1});
        return divergence.mean().mul((float) (temperature * temperature));
    }

    /** The weighted average of values that were computed place by place. */
    public static NDArray average(NDArray values, NDArray weights) {
        Shape shape = values.getShape();
        NDArray full = weights.getShape().equals(shape) ? weights : weights.broadcast(shape);
        return values.mul(full).sum().div(full.sum().add(TINY));
    }
}
