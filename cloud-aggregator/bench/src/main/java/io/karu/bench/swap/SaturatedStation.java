package io.karu.bench.swap;

import io.karu.api.inspection.Finding;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.FrameSource;
import io.karu.api.inspection.Overrule;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.Digest;
import io.karu.api.model.Models;
import io.karu.api.uplink.Publication;
import io.karu.api.uplink.VerdictJournal;
import io.karu.station.InspectionStation;
import io.karu.testbed.Camera;
import io.karu.uplink.SegmentedJournal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;

/**
 * A station whose source always has the next frame, with a journal on the disk. Each verdict is
 * held against what the version that it names says of that board, computed before.
 */
final class SaturatedStation implements AutoCloseable {
    private static final StationId STATION = new StationId("bench");
    private static final long LONGEST = TimeUnit.HOURS.toNanos(1);

    private final List<Camera.Board> boards;
    private final Map<Digest, List<List<Finding>>> expected;
    private final SegmentedJournal disk;
    private final InspectionStation station;
    private final AtomicLong offered = new AtomicLong();
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong decided = new AtomicLong();
    private final AtomicLong mixed = new AtomicLong();
    private final AtomicLong twice = new AtomicLong();
    private volatile boolean stopping;
    private volatile Histogram times = durations();

    /**
     * @param expected by version, the findings on each board
     */
    SaturatedStation(
            Models models,
            SegmentedJournal disk,
            List<Camera.Board> boards,
            Map<Digest, List<List<Finding>>> expected) {
        this.boards = boards;
        this.expected = expected;
        this.disk = disk;
        station = new InspectionStation(STATION, new Source());
        station.configure(Map.of("source", "post", "keep.images", "none", "publish", "rejects"));
        station.setModels(models);
        station.setJournal(new Journal());
    }

    /** Counts nanoseconds, to 0.1 %, in memory that does not grow. Thread-safe. */
    static Histogram durations() {
        return new SynchronizedHistogram(LONGEST, 3);
    }

    /** Where the times of frames are counted from now on. */
    void countIn(Histogram next) {
        times = next;
    }

    long frames() {
        return done.get();
    }

    /** Frames without a verdict, after the last one is done. */
    long dropped() {
        return offered.get() - decided.get();
    }

    /** Verdicts on frames that had one. */
    long doubled() {
        return twice.get();
    }

    /** Verdicts that are not what the version that they name says. */
    long mixed() {
        return mixed.get();
    }

    @Override
    public void close() {
        stopping = true;
        station.close();
    }

    private Camera.Board board(long number) {
        return boards.get((int) (number % boards.size()));
    }

    private final class Source implements FrameSource {
        private Frame current;
        private long begun;

        @Override
        public Optional<Frame> next(Duration wait) {
            if (stopping) {
                return Optional.empty();
            }
            if (current == null) {
                long number = offered.getAndIncrement();
                Camera.Board board = board(number);
                current =
                        new Frame(
                                new FrameId(STATION, Long.toString(number)),
                                Instant.now(),
                                ByteBuffer.wrap(board.test()),
                                Optional.of(ByteBuffer.wrap(board.template())));
                begun = System.nanoTime();
            }
            return Optional.of(current);
        }

        @Override
        public void done(FrameId frame) {
            times.recordValue(Math.min(LONGEST, System.nanoTime() - begun));
            current = null;
            done.incrementAndGet();
        }

        @Override
        public void close() {}
    }

    private final class Journal implements VerdictJournal {
        @Override
        public boolean append(Verdict verdict, Publication publication) throws IOException {
            boolean first = disk.append(verdict, Publication.KEEP);
            long number = Long.parseLong(verdict.frame().position());
            boolean same =
                    verdict.model().isPresent()
                            && expected.get(verdict.model().get())
                                    .get((int) (number % boards.size()))
                                    .equals(verdict.findings());
            mixed.addAndGet(same ? 0 : 1);
            decided.addAndGet(first ? 1 : 0);
            twice.addAndGet(first ? 0 : 1);
            return first;
        }

        @Override
        public void append(Overrule overrule) throws IOException {
            disk.append(overrule);
        }

        @Override
        public boolean contains(FrameId frame) {
            return disk.contains(frame);
        }

        @Override
        public List<Entry> newest(int limit) {
            return disk.newest(limit);
        }

        @Override
        public Optional<Entry> find(FrameId frame) {
            return disk.find(frame);
        }
    }
}
