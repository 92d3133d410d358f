package io.karu.learning.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeepingScopeTest {
    private static final int FACTORS = 200;

    /** Takes the memory that was given back and leaves something else in it. */
    private static void overwriteFreedMemory() throws InterruptedException {
        List<ByteBuffer> taken = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            System.gc();
            Thread.sleep(20);
            for (int i = 0; i < 20 * FACTORS; i++) {
                ByteBuffer buffer = ByteBuffer.allocateDirect(4 + 4 * (i % 2));
                buffer.order(ByteOrder.nativeOrder());
                while (buffer.hasRemaining()) {
                    buffer.putFloat(1000);
                }
                taken.add(buffer);
            }
        }
        assertTrue(taken.size() > FACTORS);
    }

    @Test
    void numbersOutliveTheGarbageCollectorUntilTheGradientIsThere() throws Exception {
        try (NDManager manager = Torch.manager()) {
            NDArray x = manager.ones(new Shape(3));
            x.setRequiresGradient(true);
            float[] gradient;
            try (KeepingScope scope = KeepingScope.open();
                    GradientCollector collector = Torch.engine().newGradientCollector()) {
                NDArray y = x;
                for (int i = 0; i < FACTORS; i++) {
                    try (KeepingScope inner = KeepingScope.inner()) {
                        y = y.mul(i % 2 == 0 ? 2f : 0.5f);
                        ai.djl.ndarray.NDScope.unregister(y);
                    }
                    ai.djl.ndarray.NDScope.register(y);
                }
                overwriteFreedMemory();
                collector.backward(y.sum());
                gradient = x.getGradient().toFloatArray();
            }
            assertArrayEquals(new float[] {1, 1, 1}, gradient, Arrays.toString(gradient));
        }
    }
}
