package io.karu.station;

import io.karu.api.evidence.Evidence.Subject;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.Models;
import io.karu.api.sample.Sample;
import io.karu.api.sample.SampleSpool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the challenger on frames that the champion has decided, compares, and decides nothing. It
 * yields first: on a thread of its own, one waiting frame at most, within a share of one
 * processor's time, and not at all while the line is too fast. What it passes over is counted. The
 * thread is there while there is a challenger.
 */
final class Shadow implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Shadow.class);
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long IDLE_MILLIS = 3000;
    private static final long CLOSE_MILLIS = 10_000;
    private static final long KEPT_AT_ONCE = 50;
    private static final long KEPT_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final StationId station;
    private final Tallies tallies;
    private final TimeShare share = new TimeShare();

    private Job waiting;
    private Thread thread;
    private boolean closed;
    private boolean present;
    private long nextLook = System.nanoTime();
    private Tally tally;
    private long lastKept;
    private String problem;

    /** A frame with what the champion made of it. */
    record Decided(Frame frame, Verdict verdict, Examination seen, StationSettings recipe) {
        ModelRef challenger() {
            return recipe.model().withAlias(ModelRef.CHALLENGER);
        }

        Digest champion() {
            return seen.model().orElseThrow().digest();
        }
    }

    private record Job(Decided decided, Models models, SampleSpool spool) {}

    Shadow(StationId station, Tallies tallies) {
        this.station = station;
        this.tallies = tallies;
    }

    /**
     * Offers a frame that the champion has decided; returns at once.
     *
     * @param spool where disagreements go; null without one
     * @param behind whether the line is too fast
     */
    synchronized void follow(Decided decided, Models models, SampleSpool spool, boolean behind) {
        double allowed = decided.recipe().shadowShare();
        if (allowed == 0 || closed || decided.seen().model().isEmpty() || decided.seen().failed()) {
            return;
        }
        long now = System.nanoTime();
        if (!isPresent(decided, models, now)) {
            return;
        }
        if (behind || waiting != null || !share.allows(allowed, now)) {
            if (tally != null) {
                tally.yielded();
            }
            return;
        }
        waiting = new Job(decided, models, spool);
        if (thread == null) {
            thread = new Thread(this::run, "karu-station-" + station + "-shadow");
            thread.setDaemon(true);
            thread.setPriority(Thread.MIN_PRIORITY);
            thread.start();
        }
        notifyAll();
    }

    @Override
    public void close() {
        Thread last;
        synchronized (this) {
            closed = true;
            waiting = null;
            last = thread;
            notifyAll();
        }
        try {
            if (last != null) {
                last.join(CLOSE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether there is a challenger, asked once a second. */
    private boolean isPresent(Decided decided, Models models, long now) {
        if (now - nextLook >= 0) {
            nextLook = now + LOOK_NANOS;
            try (ModelLease lease = models.lease(decided.challenger())) {
                present = !lease.digest().equals(decided.champion());
            } catch (ModelException e) {
                present = false;
            }
            tally = present ? tally : null;
        }
        return present;
    }

    private void run() {
        try (Examiner examiner = new Examiner()) {
            for (Job job = next(examiner); job != null; job = next(examiner)) {
                long start = System.nanoTime();
                try {
                    compare(job, examiner, start);
                } catch (ModelException e) {
                    pause(LOOK_NANOS, e.getMessage());
                } catch (NotReadyException | RuntimeException | LinkageError | OutOfMemoryError e) {
                    pause(PAUSE_NANOS, String.valueOf(e.getMessage()));
                } finally {
                    share.spent(System.nanoTime() - start);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("the shadow of station {} was interrupted", station);
        } finally {
            synchronized (this) {
                thread = thread == Thread.currentThread() ? null : thread;
            }
        }
    }

    /** The next frame; null when the thread is to end. */
    private synchronized Job next(Examiner examiner) throws InterruptedException {
        while (waiting == null && !closed) {
            wait(IDLE_MILLIS);
            if (waiting == null) {
                examiner.release();
                if (!present) {
                    thread = null;
                    return null;
                }
            }
        }
        Job job = waiting;
        waiting = null;
        return job;
    }

    private void compare(Job job, Examiner examiner, long start)
            throws ModelException, NotReadyException {
        Decided decided = job.decided();
        try (ModelLease lease = job.models().lease(decided.challenger())) {
            if (lease.digest().equals(decided.champion())) {
                return;
            }
            examiner.use(decided.recipe());
            Examination seen = examiner.examine(decided.frame(), lease);
            if (seen.model().isEmpty()) {
                return;
            }
            Tally now =
                    tallies.challenger(seen.model().get(), decided.champion(), decided.recipe());
            now.add(decided.seen(), seen);
            now.cost(lease.addedBytes(), System.nanoTime() - start);
            if (seen.judgement().decision() != decided.verdict().decision()) {
                keep(job, seen, now);
            }
            synchronized (this) {
                tally = now;
                problem = null;
            }
        }
    }

    private synchronized void pause(long nanos, String reason) {
        present = false;
        tally = null;
        nextLook = System.nanoTime() + nanos;
        if (!reason.equals(problem)) {
            problem = reason;
            LOG.warn("station {} goes on without a challenger: {}", station, reason);
        }
    }

    /** A disagreement becomes a sample; of many, one every ten seconds. */
    private void keep(Job job, Examination seen, Tally now) {
        SampleSpool spool = job.spool();
        long nanos = System.nanoTime();
        if (spool == null
                || now.keptSoFar() >= KEPT_AT_ONCE && nanos - lastKept < KEPT_EVERY_NANOS) {
            return;
        }
        Verdict verdict = job.decided().verdict();
        try {
            Digest image = spool.put(job.decided().frame().encoded());
            Optional<ByteBuffer> template = job.decided().frame().template();
            Optional<Digest> templateDigest =
                    template.isPresent()
                            ? Optional.of(spool.put(template.get()))
                            : Optional.empty();
            Optional<Sample> before = spool.find(verdict.frame());
            String reason =
                    "shadow: "
                            + said(job.decided().seen())
                            + "; "
                            + said(seen)
                            + before.map(sample -> "; kept before: " + sample.reason()).orElse("");
            spool.keep(
                    new Sample(
                            verdict.frame(),
                            Instant.now(),
                            image,
                            templateDigest,
                            before.flatMap(Sample::heatMap),
                            reason));
            lastKept = nanos;
            now.kept();
        } catch (IOException | RuntimeException e) {
            LOG.warn("the disagreement on {} is not kept: {}", verdict.frame(), e.getMessage());
        }
    }

    private static String said(Examination seen) {
        Subject model = seen.model().orElseThrow();
        return String.format(
                Locale.ROOT,
                "%s %s %.2f",
                model,
                seen.judgement().decision(),
                seen.judgement().score());
    }
}
