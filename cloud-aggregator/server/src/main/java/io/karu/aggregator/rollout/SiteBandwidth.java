package io.karu.aggregator.rollout;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

/** Holds the downloads of a rollout's jobs to what each site bears, all gateways together. */
final class SiteBandwidth {
    private static final int LARGEST_PORTION = 2048;
    private static final int SMALLEST_PORTION = 16;

    /** A pause has to stay below Kura's read timeout of 6 s. */
    static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(4);

    private final LongFunction<Optional<Line>> lines;
    private final Ticker ticker;
    private final Map<Line, Pace> paces = new ConcurrentHashMap<>();

    /** What the gateways of a site share while a rollout changes them. */
    record Line(long rollout, String site, int bytesPerSecond) {}

    /** A clock, and a pause by it. */
    interface Ticker {
        Ticker SYSTEM =
                new Ticker() {
                    @Override
                    public long nanos() {
                        return System.nanoTime();
                    }

                    @Override
                    public void pause(long nanos) throws InterruptedException {
                        TimeUnit.NANOSECONDS.sleep(nanos);
                    }
                };

        long nanos();

        void pause(long nanos) throws InterruptedException;
    }

    /**
     * @param lines of a job; absent: unlimited
     */
    SiteBandwidth(LongFunction<Optional<Line>> lines, Ticker ticker) {
        this.lines = lines;
        this.ticker = ticker;
    }

    /** The stream of a job's download, as fast as its rollout allows its site. */
    OutputStream limit(long job, OutputStream out) {
        Optional<Line> line = lines.apply(job);
        if (line.isEmpty()) {
            return out;
        }
        Pace pace = paces.computeIfAbsent(line.get(), Pace::new);
        return new FilterOutputStream(out) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                int done = 0;
                while (done < length) {
                    int portion = pace.take(length - done);
                    out.write(bytes, offset + done, portion);
                    out.flush();
                    done += portion;
                }
            }
        };
    }

    /**
     * Hands out the line's time, one portion after the other. The more of it is taken already, the
     * smaller a portion is, so that many downloads share a slow line and none pauses too long.
     */
    private final class Pace {
        private final double nanosPerByte;
        private long free = ticker.nanos();

        Pace(Line line) {
            this.nanosPerByte = 1e9 / line.bytesPerSecond();
        }

        /** Returns when the line was free for this many bytes, at most {@code most}. */
        int take(int most) throws IOException {
            int portion;
            long wait;
            synchronized (this) {
                long now = ticker.nanos();
                free = Math.max(free, now);
                double room = (now + LONGEST_PAUSE_NANOS - free) / nanosPerByte;
                portion =
                        (int)
                                Math.min(
                                        most,
                                        Math.max(
                                                SMALLEST_PORTION,
                                                Math.min(LARGEST_PORTION, room / 2)));
                free += (long) (portion * nanosPerByte);
                wait = free - now;
            }
            try {
                ticker.pause(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("the download was interrupted");
            }
            return portion;
        }
    }
}
