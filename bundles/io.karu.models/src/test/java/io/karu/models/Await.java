package io.karu.models;

import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for a condition. */
final class Await {
    private Await() {}

    /** What the condition gives, once it gives something; its exceptions mean "not yet". */
    static <T> T until(String what, Callable<T> condition) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        Throwable last = null;
        while (System.nanoTime() < end) {
            try {
                T value = condition.call();
                if (value != null && value != Boolean.FALSE) {
                    return value;
                }
            } catch (Exception e) {
                last = e;
            }
            Thread.sleep(5);
        }
        return fail("waited 120 s until " + what, last);
    }
}
