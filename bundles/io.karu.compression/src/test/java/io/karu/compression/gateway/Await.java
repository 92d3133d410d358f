package io.karu.compression.gateway;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.concurrent.Callable;

/** Waits for a condition instead of sleeping. */
final class Await {
    private static final long SECONDS = 240;

    private Await() {}

    static void until(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + SECONDS * 1_000_000_000;
        while (!condition.call()) {
            if (System.nanoTime() > end) {
                fail("waited " + SECONDS + " s until " + what);
            }
            Thread.sleep(20);
        }
    }
}
