package io.karu.station;

import io.karu.api.evidence.Evidence;
import io.karu.api.evidence.EvidenceSource;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameSource;
import io.karu.api.inspection.Station;
import io.karu.api.inspection.StationBusyException;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.StationStatus;
import io.karu.api.inspection.StationStatus.State;
import io.karu.api.inspection.Verdict;
import io.karu.api.inspection.VerdictListener;
import io.karu.api.model.Models;
import io.karu.api.sample.SampleSpool;
import io.karu.api.uplink.HealthCheck;
import io.karu.api.uplink.VerdictJournal;
import io.karu.station.PushQueue.Push;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One inspection point. Its only thread takes a frame from the source or the push queue, inspects
 * it, journals the verdict and only then lets the source advance. What the station needs comes and
 * goes while it runs; until all is there it waits, says for what, and leaves the frames where they
 * are. Nothing that a frame does ends the thread.
 */
public final class InspectionStation
        implements Station, HealthCheck, EvidenceSource, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InspectionStation.class);

    /** How long one look into the source may take: bounds how long a stop waits. */
    private static final Duration LOOK = Duration.ofMillis(50);

    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final long FIRST_BACKOFF_MILLIS = 50;
    private static final long LONGEST_BACKOFF_MILLIS = 5000;
    private static final long CLOSE_MILLIS = 10_000;
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final StationId id;
    private final Optional<FrameSource> camera;
    private final Tallies tallies;
    private final Shadow shadow;
    private final FrameInspection inspection;
    private final ListenerDispatch listeners;
    private final PushQueue pushes = new PushQueue();
    private final StationCounters counters = new StationCounters();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread thread;

    private volatile StationSettings settings;
    private volatile String refused;
    private volatile Models models;
    private volatile VerdictJournal journal;
    private volatile SampleSpool spool;
    private volatile String waiting = "starting";
    private volatile boolean closed;
    private long changes;

    private StationSettings running;
    private FrameSource source;
    private long backoffMillis = FIRST_BACKOFF_MILLIS;

    /** Starts the station's threads; it waits for its configuration. */
    public InspectionStation(StationId id) {
        this(id, Optional.empty());
    }

    /**
     * A station whose frames come from a camera of its own, whatever its configuration says of a
     * folder.
     *
     * @param camera closed with the station
     */
    public InspectionStation(StationId id, FrameSource camera) {
        this(id, Optional.of(camera));
    }

    private InspectionStation(StationId id, Optional<FrameSource> camera) {
        this.id = id;
        this.camera = camera;
        this.listeners = new ListenerDispatch("karu-station-" + id + "-listeners");
        this.tallies = new Tallies(id);
        this.shadow = new Shadow(id, tallies);
        this.inspection = new FrameInspection(counters, listeners, tallies, shadow);
        this.thread = new Thread(this::run, "karu-station-" + id);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Takes a configuration. A bad one is refused: the last good keeps running, and the reason is
     * in the log, in {@link #status()} and in {@link #check()}.
     *
     * @return whether it was taken
     */
    public boolean configure(Map<String, ?> properties) {
        try {
            settings = StationSettings.parse(properties);
            refused = null;
            return true;
        } catch (IllegalArgumentException e) {
            refused = e.getMessage();
            LOG.error(
                    "station {}: configuration refused: {}{}",
                    id,
                    refused,
                    settings == null ? "" : "; the last good configuration keeps running");
            return false;
        } finally {
            signal();
        }
    }

    /** The models are there. */
    public void setModels(Models service) {
        models = service;
        signal();
    }

    /** These models go; does nothing when others have come. */
    public void unsetModels(Models service) {
        if (models == service) {
            models = null;
            signal();
        }
    }

    /** The verdict journal is there. */
    public void setJournal(VerdictJournal service) {
        journal = service;
        signal();
    }

    /** This journal goes; does nothing when another has come. */
    public void unsetJournal(VerdictJournal service) {
        if (journal == service) {
            journal = null;
            signal();
        }
    }

    /** The sample spool is there; without one no images are kept. */
    public void setSpool(SampleSpool service) {
        spool = service;
        signal();
    }

    /** This spool goes; does nothing when another has come. */
    public void unsetSpool(SampleSpool service) {
        if (spool == service) {
            spool = null;
            signal();
        }
    }

    public void addListener(VerdictListener listener) {
        listeners.add(listener);
    }

    public void removeListener(VerdictListener listener) {
        listeners.remove(listener);
    }

    @Override
    public StationStatus status() {
        String waitsFor = waiting;
        String problem = refused;
        long now = System.nanoTime();
        State state =
                waitsFor != null
                        ? State.WAITING
                        : counters.idleNanos(now) < IDLE_NANOS ? State.INSPECTING : State.IDLE;
        Optional<String> reason =
                waitsFor != null && problem != null && settings != null
                        ? Optional.of(waitsFor + "; configuration refused: " + problem)
                        : waitsFor != null
                                ? Optional.of(waitsFor)
                                : Optional.ofNullable(problem)
                                        .map(
                                                text ->
                                                        "configuration refused, the last good one runs: "
                                                                + text);
        return counters.status(id, state, reason, listeners.drops(), now);
    }

    @Override
    public List<Result> check() {
        StationStatus status = status();
        boolean ok = status.state() != State.WAITING;
        String sentence =
                switch (status.state()) {
                    case INSPECTING ->
                            String.format(
                                    Locale.ROOT,
                                    "inspecting, %.1f frames/s, model %s",
                                    status.framesPerSecond(),
                                    status.model());
                    case IDLE -> "ready, no frame for 10 s";
                    case WAITING -> "waiting: " + status.reason().orElse("");
                };
        if (ok && status.reason().isPresent()) {
            sentence += "; " + status.reason().get();
        }
        return List.of(new Result("station." + id, ok, sentence));
    }

    @Override
    public List<Evidence> evidence() {
        return tallies.evidence();
    }

    @Override
    public Verdict inspect(Frame frame) throws StationBusyException, InterruptedException {
        StationSettings current = settings;
        String waitsFor = waiting;
        if (closed || waitsFor != null || current == null) {
            throw new StationBusyException(
                    "station " + id + " waits: " + (closed ? "it stops" : waitsFor),
                    Duration.ofSeconds(2));
        }
        if (!frame.id().station().equals(id)) {
            throw new IllegalArgumentException(
                    "frame " + frame.id() + " was offered to station " + id);
        }
        Push push = enqueue(frame, current);
        signal();
        try {
            return push.answer().get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            pushes.withdraw(push);
            throw new StationBusyException(
                    "station "
                            + id
                            + " had no verdict for "
                            + frame.id().position()
                            + " within "
                            + ANSWER.toSeconds()
                            + " s",
                    Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            pushes.withdraw(push);
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StationBusyException busy) {
                throw busy;
            }
            throw new IllegalStateException(
                    "station " + id + " failed on " + frame.id(), e.getCause());
        }
    }

    /** Stops: finishes the frame in work, refuses waiting pushes, ends the threads. Idempotent. */
    @Override
    public void close() {
        closed = true;
        signal();
        try {
            thread.join(CLOSE_MILLIS);
            if (thread.isAlive()) {
                LOG.error("station {} did not stop within {} ms: {}", id, CLOSE_MILLIS, waiting);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        shadow.close();
        listeners.close();
    }

    private Push enqueue(Frame frame, StationSettings current) throws StationBusyException {
        Push push = pushes.offer(frame, current.queueSize());
        if (push != null) {
            return push;
        }
        switch (current.queuePolicy()) {
            case SKIP -> {
                Push oldest = pushes.poll();
                if (oldest != null) {
                    counters.skipped();
                    oldest.refuse(
                            "skipped: " + current.queueSize() + " newer frames wait",
                            Duration.ZERO);
                }
                push = pushes.offer(frame, current.queueSize());
            }
            case REVIEW -> push = pushes.offer(frame, 2 * current.queueSize());
            case WAIT -> {}
        }
        if (push == null) {
            throw new StationBusyException(
                    current.queueSize() + " frames wait at station " + id + " already",
                    Duration.ofSeconds(1));
        }
        return push;
    }

    private void run() {
        try {
            while (!closed) {
                step();
            }
        } catch (InterruptedException e) {
            LOG.warn("station {} was interrupted and stops", id);
        } finally {
            waiting = "stopped";
            pushes.refuseAll("station " + id + " stops", Duration.ofSeconds(2));
            closeSource();
            inspection.close();
        }
    }

    private void step() throws InterruptedException {
        long seen = changes();
        try {
            String missing = missing();
            if (missing != null) {
                inspection.forgetServices();
                await(missing, LONGEST_BACKOFF_MILLIS, seen);
                return;
            }
            openSource();
            inspection.use(running, models, journal, spool);
            inspection.requireModel();
            inspectNext();
            waiting = null;
            backoffMillis = FIRST_BACKOFF_MILLIS;
        } catch (InterruptedException e) {
            throw e;
        } catch (NotReadyException e) {
            backOff(e.getMessage(), seen);
        } catch (IOException e) {
            backOff(text(e), seen);
        } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
            LOG.error("station {} failed and tries again", id, e);
            backOff("internal error: " + text(e), seen);
        }
    }

    private String missing() {
        if (settings == null) {
            return refused == null ? "no configuration yet" : "configuration refused: " + refused;
        }
        if (models == null) {
            return "the models (bundle io.karu.models) are not there";
        }
        if (journal == null) {
            return "the verdict journal (bundle io.karu.uplink) is not there";
        }
        return null;
    }

    private void inspectNext() throws IOException, InterruptedException, NotReadyException {
        Push push = pushes.poll();
        if (push != null) {
            inspectPush(push);
            return;
        }
        Optional<Frame> next = source == null ? Optional.empty() : source.next(LOOK);
        if (next.isEmpty()) {
            waiting = null;
            if (source == null) {
                awaitPush();
            }
            if (counters.idleNanos(System.nanoTime()) > IDLE_NANOS) {
                inspection.release();
            }
            return;
        }
        inspectPulled(next.get());
    }

    private void inspectPulled(Frame frame) throws IOException, NotReadyException {
        int ahead = source.backlog();
        boolean overrun = ahead > running.queueSize();
        if (overrun && running.queuePolicy() == QueuePolicy.SKIP) {
            counters.skipped();
        } else {
            long now = System.nanoTime();
            Optional<String> unseen =
                    overrun && running.queuePolicy() == QueuePolicy.REVIEW
                            ? Optional.of(
                                    "not inspected: "
                                            + ahead
                                            + " frames wait, "
                                            + running.queueSize()
                                            + " may")
                            : Optional.empty();
            inspection.inspect(frame, now, unseen, overrun);
        }
        source.done(frame.id());
    }

    private void inspectPush(Push push) throws IOException, NotReadyException {
        int ahead = pushes.size() + 1;
        Optional<String> unseen =
                ahead > running.queueSize() && running.queuePolicy() == QueuePolicy.REVIEW
                        ? Optional.of(
                                "not inspected: "
                                        + ahead
                                        + " frames wait, "
                                        + running.queueSize()
                                        + " may")
                        : Optional.empty();
        try {
            boolean behind = pushes.size() >= running.queueSize();
            push.answer()
                    .complete(inspection.inspect(push.frame(), push.sinceNanos(), unseen, behind));
        } catch (NotReadyException | IOException e) {
            push.refuse("station " + id + " waits: " + text(e), Duration.ofSeconds(2));
            throw e;
        } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
            push.answer().completeExceptionally(e);
            throw e;
        }
    }

    private void openSource() throws IOException {
        StationSettings wanted = settings;
        if (running == wanted) {
            return;
        }
        closeSource();
        if (camera.isPresent()) {
            source = camera.get();
        } else if (wanted.folder().isPresent()) {
            source = new FolderSource(id, wanted.folder().get(), wanted.template(), wanted.after());
        }
        running = wanted;
    }

    private void closeSource() {
        FrameSource open = source;
        source = null;
        running = null;
        if (open != null && (camera.isEmpty() || closed)) {
            try {
                open.close();
            } catch (IOException e) {
                LOG.warn("station {}: closing the source failed: {}", id, e.getMessage());
            }
        }
    }

    private void backOff(String reason, long seen) throws InterruptedException {
        if (!reason.equals(waiting)) {
            LOG.warn("station {} waits: {}", id, reason);
        }
        pushes.refuseAll("station " + id + " waits: " + reason, Duration.ofSeconds(2));
        await(reason, backoffMillis, seen);
        backoffMillis = Math.min(2 * backoffMillis, LONGEST_BACKOFF_MILLIS);
    }

    /** Waits until something changed since {@code seen}, or the time is over. */
    private void await(String reason, long millis, long seen) throws InterruptedException {
        waiting = reason;
        long left = TimeUnit.MILLISECONDS.toNanos(millis);
        lock.lockInterruptibly();
        try {
            while (!closed && changes == seen && left > 0) {
                left = changed.awaitNanos(left);
            }
            if (changes != seen) {
                backoffMillis = FIRST_BACKOFF_MILLIS;
            }
        } finally {
            lock.unlock();
        }
    }

    private void awaitPush() throws InterruptedException {
        long left = TimeUnit.SECONDS.toNanos(1);
        lock.lockInterruptibly();
        try {
            long seen = changes;
            while (!closed && changes == seen && pushes.size() == 0 && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private long changes() {
        lock.lock();
        try {
            return changes;
        } finally {
            lock.unlock();
        }
    }

    private void signal() {
        lock.lock();
        try {
            changes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static String text(Throwable problem) {
        return problem.getMessage() == null
                ? problem.getClass().getSimpleName()
                : problem.getMessage();
    }
}
