package io.karu.aggregator.deployment;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.fleet.BirthCertificate;
import io.karu.aggregator.fleet.Drift;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.GatewayStore;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares gateways with their desired states, shows the drift and orders repairs. */
final class Reconciliation {
    private static final Logger LOG = LoggerFactory.getLogger(Reconciliation.class);

    /** Who orders repairs. */
    private static final String DESIRED_STATE = "desired-state";

    private static final String STARTING = "starting, packages are being installed again";

    /** A BIRTH of a process that is older than this is a reconnection, not a start. */
    private static final Duration YOUNG = Duration.ofMinutes(5);

    private final Parts parts;
    private final DeploymentTimes times;

    /**
     * What reconciliation works with.
     *
     * @param readAgain reads a gateway, and so compares it, after a delay
     */
    record Parts(
            Comparison comparison,
            Function<GatewayId, Gateway> fleet,
            GatewayStore gateways,
            JobStore jobs,
            DeploymentService deployments,
            EventBus events,
            BiConsumer<GatewayId, Duration> readAgain) {}

    Reconciliation(Parts parts, DeploymentTimes times) {
        this.parts = parts;
        this.times = times;
    }

    /** Compares after a reading. What a job may be changing is not compared while it is open. */
    void compare(GatewayId id) {
        Gateway gateway = parts.fleet().apply(id);
        if (!parts.jobs()
                .list(new JobQuery(Optional.of(id), true, Optional.empty(), 1))
                .isEmpty()) {
            List<Comparison.Found> uplink = parts.comparison().compareUplink(gateway);
            uplink.forEach(found -> repair(id, found));
            awaitComponents(gateway, uplink);
            return;
        }
        DesiredState desired = parts.jobs().desired(id);
        Optional<Instant> grace =
                parts.comparison().comparePackages(gateway, desired).isEmpty()
                        ? Optional.empty()
                        : grace(gateway);
        if (grace.isPresent()) {
            say(
                    gateway,
                    STARTING
                            + "; what is missing at "
                            + grace.get().truncatedTo(ChronoUnit.SECONDS)
                            + " is repaired");
            parts.readAgain().accept(id, times.poll().multipliedBy(2));
            return;
        }
        if (gateway.reason().startsWith(STARTING)) {
            say(gateway, "connected; it has started");
        }
        List<Drift> drift = new ArrayList<>();
        List<Comparison.Found> all = parts.comparison().compare(gateway, desired);
        for (Comparison.Found found : all) {
            drift.add(repair(id, found));
        }
        show(gateway, drift);
        awaitComponents(gateway, all);
    }

    /** A gateway that has just connected may still be starting what is to be configured. */
    private void awaitComponents(Gateway gateway, List<Comparison.Found> found) {
        boolean absent =
                found.stream()
                        .anyMatch(
                                one ->
                                        one.drift().kind() == Drift.Kind.CONFIGURATION
                                                && one.repair().isEmpty());
        boolean starting =
                gateway.birth()
                        .filter(
                                birth ->
                                        birth.at()
                                                .plus(times.applications())
                                                .isAfter(Instant.now()))
                        .isPresent();
        if (absent && starting) {
            parts.readAgain().accept(gateway.id(), times.poll().multipliedBy(2));
        }
    }

    /** Until when a gateway that has just started may still lack packages. */
    private Optional<Instant> grace(Gateway gateway) {
        return gateway.birth()
                .filter(birth -> birth.uptime().filter(up -> up.compareTo(YOUNG) < 0).isPresent())
                .map(BirthCertificate::at)
                .map(at -> at.plus(times.starting()))
                .filter(Instant.now()::isBefore);
    }

    private void say(Gateway gateway, String reason) {
        if (!reason.equals(gateway.reason())) {
            parts.gateways().reason(gateway.id(), reason);
            changed(gateway.id());
        }
    }

    private void show(Gateway gateway, List<Drift> drift) {
        if (!drift.equals(gateway.drift())) {
            parts.gateways().drift(gateway.id(), drift);
            changed(gateway.id());
        }
    }

    private void changed(GatewayId id) {
        parts.events().publish(new Event.GatewayChanged(parts.fleet().apply(id)));
    }

    private Drift repair(GatewayId id, Comparison.Found found) {
        Drift drift = found.drift();
        if (found.repair().isEmpty()) {
            return drift;
        }
        Order order = found.repair().get();
        Optional<Job> unsuccessful =
                parts.jobs()
                        .newest(id, order.getClass(), order.subject())
                        .filter(job -> job.order().equals(order))
                        .filter(job -> job.state() != JobState.SUCCEEDED)
                        .filter(this::isRecent);
        if (unsuccessful.isPresent()) {
            Job job = unsuccessful.get();
            return drift.repairedBy(job.id())
                    .because("; job " + job.id() + " did not repair it: " + job.step());
        }
        try {
            Job job = parts.deployments().create(id, order, Optional.empty(), DESIRED_STATE);
            LOG.info(
                    "{} differs from its desired state: {} is {}; job {} repairs it",
                    id,
                    drift.subject(),
                    drift.found(),
                    job.id());
            return drift.repairedBy(job.id());
        } catch (AggregatorException e) {
            return drift.because("; it cannot be repaired: " + e.getMessage());
        }
    }

    private boolean isRecent(Job job) {
        return job.updatedAt().plus(times.repairPause()).isAfter(Instant.now());
    }
}
