package io.karu.aggregator.rollout;

import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.store.Leadership;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Advances rollouts by their stored state only: after a restart it goes on where it was. One thread
 * decides; what has to ask a gateway or order a job is an errand of one of a few others.
 */
final class RolloutExecutor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RolloutExecutor.class);
    private static final Duration TICK = Duration.ofMillis(100);
    private static final Duration STOP_DEADLINE = Duration.ofSeconds(20);
    private static final int ERRAND_THREADS = 8;

    private final RolloutStore store;
    private final RolloutSteps steps;
    private final MemberSteps members;
    private final EventBus events;
    private final Leadership leadership;
    private final RolloutTrace trace;
    private final RolloutTimes times;
    private final Set<Object> underWay = ConcurrentHashMap.newKeySet();
    private final AtomicInteger threads = new AtomicInteger();
    private final ExecutorService errands =
            Executors.newFixedThreadPool(
                    ERRAND_THREADS,
                    work -> new Thread(work, "rollout-errand-" + threads.incrementAndGet()));
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "rollouts"));
    private final EventBus.Subscription subscription;
    private volatile boolean woken = true;
    private volatile boolean stopping;
    private Instant due = Instant.EPOCH;

    private record Errand(long rollout, Object gateway) {}

    RolloutExecutor(
            RolloutStore store,
            RolloutSteps steps,
            MemberSteps members,
            EventBus events,
            Leadership leadership,
            RolloutTrace trace,
            RolloutTimes times) {
        this.store = store;
        this.steps = steps;
        this.members = members;
        this.events = events;
        this.leadership = leadership;
        this.trace = trace;
        this.times = times;
        this.subscription = events.subscribe(this::on);
    }

    private void on(Event event) {
        boolean concerns =
                event instanceof Event.JobChanged changed
                                && RolloutOrigin.rollout(changed.job().origin()).isPresent()
                                && changed.job().state().ended()
                        || event instanceof Event.GatewayChanged;
        if (concerns) {
            wake();
        }
    }

    void start() {
        clock.scheduleWithFixedDelay(this::tick, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    void wake() {
        woken = true;
    }

    private void tick() {
        boolean early = !woken && Instant.now().isBefore(due);
        if (stopping || early || !leadership.held()) {
            return;
        }
        woken = false;
        due = Instant.now().plus(times.poll());
        try {
            for (long id : store.moving()) {
                advance(id);
            }
        } catch (RuntimeException e) {
            LOG.error("Rollouts cannot be advanced now", e);
        }
    }

    private void advance(long id) {
        try {
            Rollout before = store.find(id).orElseThrow();
            RolloutSteps.Pass pass = steps.advance(before);
            pass.errands().forEach(member -> send(id, member));
            if (pass.changed()) {
                woken = true;
                Rollout after = store.find(id).orElseThrow();
                if (after.state() != before.state()) {
                    LOG.info(
                            "Rollout {} ({}): {} {}",
                            id,
                            after.name(),
                            after.state(),
                            after.reason());
                }
                trace.ended(before, after);
                events.publish(new Event.RolloutChanged(after));
            }
        } catch (RuntimeException e) {
            LOG.error("Rollout {} cannot be advanced now", id, e);
        }
    }

    private void send(long id, RolloutMember member) {
        Errand errand = new Errand(id, member.gateway());
        if (!underWay.add(errand)) {
            return;
        }
        try {
            errands.execute(() -> run(errand, id, member));
        } catch (RejectedExecutionException e) {
            underWay.remove(errand);
        }
    }

    private void run(Errand errand, long id, RolloutMember asked) {
        try (Scope scope = trace.resume(id)) {
            Rollout rollout = store.find(id).orElseThrow();
            RolloutMember member = store.members().find(id, asked.gateway()).orElse(null);
            if (member == null || stopping) {
                return;
            }
            if (member.state() == MemberState.PREPARING
                    && rollout.state() == RolloutState.RUNNING) {
                store.members().save(id, members.prepare(member, rollout));
            } else if (member.job().isEmpty() && mayOrder(member, rollout)) {
                store.members().save(id, members.order(member, rollout));
            }
            wake();
        } catch (RuntimeException e) {
            LOG.error("Rollout {} cannot go on with {} now", id, asked.gateway(), e);
        } finally {
            underWay.remove(errand);
        }
    }

    private static boolean mayOrder(RolloutMember member, Rollout rollout) {
        return member.state() == MemberState.CHANGING && rollout.state() == RolloutState.RUNNING
                || member.state() == MemberState.REVERTING
                        && rollout.state() == RolloutState.REVERTING;
    }

    /** Lets steps end; an interrupt could close the database's file. */
    @Override
    public void close() {
        stopping = true;
        subscription.close();
        clock.shutdown();
        errands.shutdown();
        try {
            if (!clock.awaitTermination(STOP_DEADLINE.toSeconds(), TimeUnit.SECONDS)
                    || !errands.awaitTermination(STOP_DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                LOG.warn("A rollout's step did not end within {} s", STOP_DEADLINE.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
