package io.karu.onnx.zoo;

import java.util.Random;

/**
 * Where an architecture takes the values of its parameters from. Names are those of torchvision's
 * state dictionaries ({@code layer1.0.conv1.weight}, {@code bn1.running_mean}).
 */
@FunctionalInterface
public interface Weights {
    /**
     * Values of a parameter in row-major order.
     *
     * @param name such as {@code conv1.weight}
     * @param shape its shape, {@code [M,C/group,kH,kW]} for a convolution, {@code [out,in]} for a
     *     linear layer
     */
    float[] of(String name, long... shape);

    /**
     * Random weights: normal with the variance that keeps activations of ReLU networks in range (He
     * et al. 2015), batch statistics near 0 and 1, small biases. The same seed gives the same
     * weights, whatever order they are asked for in.
     */
    static Weights seeded(long seed) {
        return (name, shape) -> {
            int elements = 1;
            for (long size : shape) {
                elements = Math.multiplyExact(elements, Math.toIntExact(size));
            }
            Random random = new Random(seed * 0x9E3779B97F4A7C15L + name.hashCode());
            float[] values = new float[elements];
            double scale = Math.sqrt(2.0 * shape[0] / Math.max(1, elements));
            boolean matrix = shape.length > 1;
            for (int i = 0; i < elements; i++) {
                double normal = random.nextGaussian();
                if (matrix) {
                    values[i] = (float) (normal * scale);
                } else if (name.endsWith("running_var")) {
                    values[i] = (float) Math.exp(0.2 * normal);
                } else if (name.endsWith("weight")) {
                    values[i] = (float) (1 + 0.1 * normal);
                } else {
                    values[i] = (float) (0.1 * normal);
                }
            }
            return values;
        };
    }
}
