package io.karu.aggregator.deployment;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Leadership;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Advances jobs, one per gateway at a time, by their stored state only: after a restart it goes on
 * where it was. Workers never wait for a gateway beyond one answer; what has to wait is looked at
 * again when something happens or a pause ends.
 */
final class JobExecutor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JobExecutor.class);
    private static final Duration TICK = Duration.ofMillis(50);
    private static final Duration STOP_DEADLINE = Duration.ofSeconds(10);
    private static final Duration ORDERS = Duration.ofSeconds(1);
    private static final int WORKERS = 8;

    private final JobStore store;
    private final Function<Order, JobSteps> steps;
    private final EventBus events;
    private final BiConsumer<Job, Memo> achieved;
    private final Consumer<Job> ended;
    private final Duration pauseAfterTrouble;
    private final MeterRegistry metrics;
    private final Map<GatewayId, Instant> due = new ConcurrentHashMap<>();
    private final Set<GatewayId> beingAdvanced = ConcurrentHashMap.newKeySet();
    private final Leadership leadership;
    private final JobTrace trace;
    private volatile boolean stopping;
    private final AtomicInteger threads = new AtomicInteger();
    private final ExecutorService workers =
            Executors.newFixedThreadPool(
                    WORKERS, work -> new Thread(work, "job-worker-" + threads.incrementAndGet()));
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "jobs"));

    /**
     * @param achieved told before a success is stored, so that nobody sees the one without the
     *     other; told again when the process ends in between
     * @param ended told after a job's end is stored
     */
    JobExecutor(
            JobStore store,
            Function<Order, JobSteps> steps,
            EventBus events,
            BiConsumer<Job, Memo> achieved,
            Consumer<Job> ended,
            Duration pauseAfterTrouble,
            Leadership leadership,
            JobTrace trace,
            MeterRegistry metrics) {
        this.store = store;
        this.steps = steps;
        this.events = events;
        this.achieved = achieved;
        this.ended = ended;
        this.pauseAfterTrouble = pauseAfterTrouble;
        this.leadership = leadership;
        this.trace = trace;
        this.metrics = metrics;
    }

    /** Begins with every job that has not ended, once this aggregator leads. */
    void start() {
        wakeAll();
        leadership.whenTaken(this::wakeAll);
        if (!leadership.alone()) {
            clock.scheduleWithFixedDelay(
                    this::lookForOrders,
                    ORDERS.toMillis(),
                    ORDERS.toMillis(),
                    TimeUnit.MILLISECONDS);
        }
        clock.scheduleWithFixedDelay(this::dispatch, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void wakeAll() {
        store.gatewaysWithWork().forEach(this::wake);
    }

    /** Other aggregators take orders too; nobody wakes this one for them. */
    private void lookForOrders() {
        if (!leadership.held()) {
            return;
        }
        try {
            Instant now = Instant.now();
            store.gatewaysWithWork().forEach(gateway -> due.putIfAbsent(gateway, now));
        } catch (RuntimeException e) {
            LOG.warn("Orders of other aggregators cannot be looked for now: {}", e.getMessage());
        }
    }

    /** Something happened that concerns a gateway's jobs. */
    void wake(GatewayId gateway) {
        due.put(gateway, Instant.now());
    }

    /** As {@link #wake} when the gateway has work. */
    void wakeIfBusy(GatewayId gateway) {
        if (due.containsKey(gateway) || beingAdvanced.contains(gateway)) {
            wake(gateway);
        }
    }

    private void dispatch() {
        if (!leadership.held()) {
            return;
        }
        Instant now = Instant.now();
        due.forEach(
                (gateway, at) -> {
                    if (!at.isAfter(now) && beingAdvanced.add(gateway)) {
                        due.remove(gateway, at);
                        try {
                            workers.execute(() -> work(gateway));
                        } catch (RejectedExecutionException e) {
                            beingAdvanced.remove(gateway);
                        }
                    }
                });
    }

    private void work(GatewayId gateway) {
        Duration pause = null;
        try {
            pause = advance(gateway);
        } catch (RuntimeException e) {
            LOG.error("Jobs of {} cannot be advanced now", gateway, e);
            pause = pauseAfterTrouble;
        } finally {
            if (pause != null) {
                due.merge(gateway, Instant.now().plus(pause), (a, b) -> a.isBefore(b) ? a : b);
            }
            beingAdvanced.remove(gateway);
        }
    }

    /**
     * Advances until nothing can be done now; how long to wait, or null when the gateway has no
     * jobs.
     */
    private Duration advance(GatewayId gateway) {
        while (!stopping && leadership.held()) {
            Optional<JobStore.Kept> kept = store.first(gateway);
            if (kept.isEmpty()) {
                return store.nextWindow(gateway)
                        .map(start -> Duration.between(Instant.now(), start))
                        .map(wait -> wait.isNegative() ? Duration.ZERO : wait)
                        .orElse(null);
            }
            JobRun run = new JobRun(kept.get());
            attempt(run);
            if (stopping && !run.state().ended()) {
                break;
            }
            save(run);
            if (!run.pause().isZero()) {
                return run.pause();
            }
        }
        return pauseAfterTrouble;
    }

    private void attempt(JobRun run) {
        try (Scope scope = trace.resume(run.id())) {
            steps.apply(run.order()).advance(run);
        } catch (AggregatorException e) {
            if (e.code() == Code.PACKAGE_NOT_FOUND || e.code() == Code.MODEL_NOT_FOUND) {
                run.fail(Job.FailureCode.INTERNAL, e.getMessage(), "see the gateway's inventory");
            } else {
                run.await(pauseAfterTrouble, "trying again: " + e.getMessage());
            }
        } catch (RuntimeException e) {
            LOG.error("Job {} of {} met an error", run.id(), run.gateway(), e);
            run.fail(
                    Job.FailureCode.INTERNAL,
                    "the aggregator met an error: " + e,
                    "see the gateway's inventory");
        }
    }

    /** Stores what a run has decided so far, in the middle of a step. */
    void checkpoint(JobRun run) {
        store.save(run.job(), run.job(), run.memo(), Optional.empty());
    }

    private void save(JobRun run) {
        if (!run.changed()) {
            return;
        }
        Job result = run.result();
        List<JobEntry> entries = run.entries();
        JobEntry last = entries.isEmpty() ? null : entries.get(entries.size() - 1);
        if (entries.size() > 1) {
            entries.subList(0, entries.size() - 1).forEach(entry -> log(run.id(), entry));
        }
        if (result.state() == JobState.SUCCEEDED) {
            achieved.accept(result, run.memo());
        }
        if (!store.save(run.job(), result, run.memo(), Optional.ofNullable(last))) {
            LOG.info("Job {} had ended or moved on before its step was stored", run.id());
            return;
        }
        events.publish(new Event.JobChanged(result));
        if (last != null) {
            LOG.info(
                    "Job {} on {}: {} {}", run.id(), run.gateway(), result.state(), last.message());
            events.publish(new Event.JobLogged(run.id(), last));
        }
        if (result.state().ended()) {
            measure(result);
            ended.accept(result);
        }
    }

    /** Counts a job that has ended. */
    void measure(Job job) {
        trace.ended(job);
        metrics.timer(
                        "karu.jobs.ended",
                        "kind",
                        job.order().getClass().getSimpleName(),
                        "outcome",
                        job.failure().map(why -> why.code().name()).orElse(job.state().name()))
                .record(Duration.between(job.createdAt(), job.updatedAt()));
    }

    private void log(long job, JobEntry entry) {
        store.log(job, entry);
        events.publish(new Event.JobLogged(job, entry));
    }

    /** Lets running steps end; an interrupt could close the database's file. */
    @Override
    public void close() {
        stopping = true;
        clock.shutdown();
        workers.shutdown();
        try {
            if (!workers.awaitTermination(STOP_DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                LOG.warn("A job's step did not end within {} s", STOP_DEADLINE.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
