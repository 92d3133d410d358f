package io.karu.aggregator.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.fleet.GatewayId;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AdmissionQueueTest {
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Admission LET_IN =
            new Admission.Admitted(new GatewayId("acme", "gateway"));

    private final BlockingQueue<Admission> decisions = new LinkedBlockingQueue<>();
    private final CountDownLatch open = new CountDownLatch(1);
    private final AtomicInteger checks = new AtomicInteger();

    private Admission check() {
        checks.incrementAndGet();
        try {
            assertTrue(open.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return LET_IN;
    }

    private Admission next() throws InterruptedException {
        return decisions.poll(60, TimeUnit.SECONDS);
    }

    @Test
    void everyClientOfAFleetIsDecidedOnce() throws Exception {
        open.countDown();
        try (AdmissionQueue queue = new AdmissionQueue(2, 5000, LONG)) {
            for (int i = 0; i < 5000; i++) {
                queue.check(this::check, decisions::add);
            }
            for (int i = 0; i < 5000; i++) {
                assertEquals(LET_IN, next());
            }
        }
        assertTrue(decisions.isEmpty());
    }

    @Test
    void whoFindsNoPlaceIsToldToComeBackAtOnce() throws Exception {
        try (AdmissionQueue queue = new AdmissionQueue(1, 1, LONG)) {
            queue.check(this::check, decisions::add);
            await(1);
            queue.check(this::check, decisions::add);
            queue.check(this::check, decisions::add);
            assertEquals(Admission.busy(), next());
            open.countDown();
            assertEquals(LET_IN, next());
            assertEquals(LET_IN, next());
        }
    }

    @Test
    void whoHasWaitedTooLongIsNotCheckedAnyMore() throws Exception {
        try (AdmissionQueue queue = new AdmissionQueue(1, 10, Duration.ofNanos(1))) {
            queue.check(this::check, decisions::add);
            assertEquals(Admission.busy(), next());
        }
        assertEquals(0, checks.get());
    }

    private void await(int running) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (checks.get() < running) {
            assertTrue(System.nanoTime() < end, () -> checks + " checks have begun");
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }
}
