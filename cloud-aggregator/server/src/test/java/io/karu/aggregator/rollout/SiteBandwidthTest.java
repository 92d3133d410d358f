package io.karu.aggregator.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.rollout.SiteBandwidth.Line;
import io.karu.aggregator.rollout.SiteBandwidth.Ticker;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** By a clock that only moves when every download pauses. */
class SiteBandwidthTest {
    private static final int SLOW = 4096;
    private static final long SECOND = 1_000_000_000L;

    /** Wakes the sleeper that is due first, once nobody is awake. */
    private static final class Simulated implements Ticker {
        private final PriorityQueue<Long> sleepers = new PriorityQueue<>();
        private long now;
        private long longest;
        private int awake;

        synchronized void add(int threads) {
            awake += threads;
        }

        @Override
        public synchronized long nanos() {
            return now;
        }

        @Override
        public synchronized void pause(long nanos) throws InterruptedException {
            longest = Math.max(longest, nanos);
            long until = now + nanos;
            sleepers.add(until);
            awake--;
            move();
            while (now < until) {
                wait();
            }
        }

        synchronized void ended() {
            awake--;
            move();
        }

        private void move() {
            if (awake == 0 && !sleepers.isEmpty()) {
                now = Math.max(now, sleepers.peek());
                while (!sleepers.isEmpty() && sleepers.peek() <= now) {
                    sleepers.poll();
                    awake++;
                }
                notifyAll();
            }
        }
    }

    private final Simulated clock = new Simulated();

    /** Jobs below 100 are at site a, up to 199 at site b, all others have no limit. */
    private final SiteBandwidth bandwidth = new SiteBandwidth(SiteBandwidthTest::line, clock);

    private static Optional<Line> line(long job) {
        return job < 200 ? Optional.of(new Line(1, job < 100 ? "a" : "b", SLOW)) : Optional.empty();
    }

    /** Seconds that downloads of this many bytes take, all at once. */
    private double seconds(int bytes, long... jobs) throws Exception {
        clock.add(jobs.length);
        CountDownLatch left = new CountDownLatch(jobs.length);
        List<ByteArrayOutputStream> arrived = new ArrayList<>();
        for (long job : jobs) {
            ByteArrayOutputStream file = new ByteArrayOutputStream();
            arrived.add(file);
            new Thread(
                            () -> {
                                download(job, bytes, file);
                                clock.ended();
                                left.countDown();
                            },
                            "download-" + job)
                    .start();
        }
        left.await();
        arrived.forEach(file -> assertEquals(bytes, file.size()));
        return (double) clock.nanos() / SECOND;
    }

    private void download(long job, int bytes, OutputStream file) {
        try {
            bandwidth.limit(job, file).write(new byte[bytes], 0, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aDownloadTakesTheTimeThatTheSitesLineAllows() throws Exception {
        assertEquals(10, seconds(10 * SLOW, 1), 0.01);
    }

    @Test
    void theGatewaysOfASiteShareItsLine() throws Exception {
        assertEquals(30, seconds(10 * SLOW, 1, 2, 3), 0.01);
    }

    @Test
    void sitesDoNotHoldUpEachOther() throws Exception {
        assertEquals(20, seconds(10 * SLOW, 1, 2, 101, 102), 0.01);
    }

    @Test
    void manyGatewaysOnASlowLineKeepItsLimitAndNoneRunsIntoKurasReadTimeout() throws Exception {
        long[] jobs = new long[99];
        for (int i = 0; i < jobs.length; i++) {
            jobs[i] = i;
        }
        assertEquals(99, seconds(SLOW, jobs), 0.1);
        assertTrue(clock.longest < 6 * SECOND, () -> clock.longest + " ns");
    }

    @Test
    void withoutALimitTheStreamIsLeftAlone() {
        OutputStream file = new ByteArrayOutputStream();
        assertSame(file, bandwidth.limit(200, file));
    }
}
