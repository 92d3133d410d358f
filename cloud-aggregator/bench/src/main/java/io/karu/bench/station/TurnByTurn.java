package io.karu.bench.station;

import ai.onnxruntime.OrtException;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.FrameSource;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.Verdict;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A source that gives the station one frame after the other and runs the bare loop on the same
 * board between them, on the station's own thread: before the station's turn and after it,
 * alternately. What passes outside the source is the station's.
 */
final class TurnByTurn implements FrameSource {
    private final StationId station;
    private final BareLoop bare;
    private final CountingJournal journal;
    private final List<Encoded> boards;
    private final int warmUp;
    private final com.sun.management.ThreadMXBean threads =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final CountDownLatch finished = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);

    final double[] bareMillis;
    final double[] stationMillis;
    final double[] bareWallMillis;
    final double[] stationWallMillis;
    final double[] bareBytes;
    final double[] stationBytes;
    private int different;
    private Exception failure;

    private int number;
    private long leftAt;
    private long leftBytes;
    private long stationNanos;
    private long stationAllocated;
    private BareLoop.Cost cost;
    private boolean running;

    /** A board's two JPEG files. */
    record Encoded(byte[] test, byte[] template) {}

    TurnByTurn(
            StationId station,
            BareLoop bare,
            CountingJournal journal,
            List<Encoded> boards,
            int warmUp,
            int frames) {
        this.station = station;
        this.bare = bare;
        this.journal = journal;
        this.boards = boards;
        this.warmUp = warmUp;
        bareMillis = new double[frames];
        stationMillis = new double[frames];
        bareWallMillis = new double[frames];
        stationWallMillis = new double[frames];
        bareBytes = new double[frames];
        stationBytes = new double[frames];
    }

    /**
     * Waits until all frames are measured; returns how many had other findings than the bare loop.
     */
    int await() throws Exception {
        finished.await();
        if (failure != null) {
            throw failure;
        }
        return different;
    }

    @Override
    public Optional<Frame> next(Duration wait) throws InterruptedException {
        enter();
        int index = number - warmUp;
        if (index == bareMillis.length || failure != null) {
            finished.countDown();
            closed.await(wait.toMillis(), TimeUnit.MILLISECONDS);
            return Optional.empty();
        }
        if ((number & 1) == 0) {
            runBare();
        }
        Encoded board = boards.get(number % boards.size());
        Frame frame =
                new Frame(
                        new FrameId(station, "frame" + number),
                        Instant.EPOCH,
                        ByteBuffer.wrap(board.test()),
                        Optional.of(ByteBuffer.wrap(board.template())));
        running = true;
        leave();
        return Optional.of(frame);
    }

    @Override
    public void done(FrameId frame) {
        enter();
        if ((number & 1) == 1) {
            runBare();
        }
        int index = number++ - warmUp;
        if (index >= 0 && failure == null) {
            Verdict verdict = journal.last();
            long decoding = verdict.timing().decode().toNanos() - cost.fillNanos();
            bareMillis[index] = cost.totalNanos() / 1e6;
            stationMillis[index] = (stationNanos - decoding) / 1e6;
            stationWallMillis[index] = stationNanos / 1e6;
            stationBytes[index] = stationAllocated;
            different += verdict.findings().size() == cost.findings() ? 0 : 1;
        }
        stationNanos = 0;
        stationAllocated = 0;
        leave();
    }

    @Override
    public void close() {
        closed.countDown();
    }

    private void enter() {
        long now = System.nanoTime();
        long bytes = threads.getCurrentThreadAllocatedBytes();
        if (running) {
            stationNanos += now - leftAt;
            stationAllocated += bytes - leftBytes;
        }
    }

    private void leave() {
        leftBytes = threads.getCurrentThreadAllocatedBytes();
        leftAt = System.nanoTime();
    }

    private void runBare() {
        Encoded board = boards.get(number % boards.size());
        int index = number - warmUp;
        long bytes = threads.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        try {
            cost = bare.inspect(board.test(), board.template());
        } catch (IOException | OrtException e) {
            failure = e;
            return;
        }
        if (index >= 0) {
            bareWallMillis[index] = (System.nanoTime() - start) / 1e6;
            bareBytes[index] = threads.getCurrentThreadAllocatedBytes() - bytes;
        }
    }
}
