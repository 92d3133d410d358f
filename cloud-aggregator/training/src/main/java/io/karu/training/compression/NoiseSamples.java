package io.karu.training.compression;

import io.karu.api.inference.Binding;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.Tensor;
import io.karu.compression.Samples;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Random inputs, for graphs whose speed is measured. */
record NoiseSamples(Map<String, List<Long>> shapes, int size, long seed) implements Samples {
    @Override
    public void write(int index, Binding binding) {
        Random random = new Random(seed + index);
        for (String input : shapes.keySet()) {
            Tensor tensor = binding.input(input);
            int bytes = tensor.data().capacity();
            if (tensor.type() == ElementType.FLOAT) {
                for (int i = 0; i < bytes; i += Float.BYTES) {
                    tensor.data().putFloat(i, (float) random.nextGaussian());
                }
            } else {
                for (int i = 0; i < bytes; i++) {
                    tensor.data().put(i, (byte) random.nextInt(256));
                }
            }
        }
    }
}
