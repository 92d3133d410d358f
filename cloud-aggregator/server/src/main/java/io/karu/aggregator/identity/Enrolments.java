package io.karu.aggregator.identity;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.AggregatorException.Kind;
import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.configuration.ComponentClient;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.PresenceTracker;
import io.karu.aggregator.identity.GatewayIdentity.Enrolment.Status;
import io.karu.aggregator.identity.GatewayIdentity.State;
import io.karu.aggregator.mqtt.Requester;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Enrolments and renewals through KEYS-V1 in progress. They are in the database: after a restart,
 * and whenever the gateway is back, they go on.
 */
public final class Enrolments implements Enroller, PresenceTracker.Listener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Enrolments.class);
    private static final int THREADS = 2;
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    /** Attempts to renew in the time from the first one to the certificate's end. */
    private static final int ATTEMPTS = 20;

    private static final Duration STOP_DEADLINE = Duration.ofSeconds(20);

    private final GatewayIdentities identities;
    private final KeysEnrolment keys;
    private final Audit audit;
    private final Times times;
    private final Predicate<GatewayId> online;
    private final BooleanSupplier leading;
    private final Set<GatewayId> advancing = ConcurrentHashMap.newKeySet();
    private final ExecutorService work =
            Executors.newFixedThreadPool(THREADS, task -> new Thread(task, "enrolment"));
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "enrolment-clock"));

    /**
     * @param request for the answer to one request
     * @param pause between two attempts on a gateway that does not answer
     */
    public record Times(Duration request, Duration pause) {}

    /**
     * @param online whether a gateway is there
     * @param leading whether this aggregator is the one that acts
     */
    public record Parts(
            GatewayIdentities identities,
            Requester requester,
            ComponentClient components,
            Audit audit,
            Predicate<GatewayId> online,
            BooleanSupplier leading) {}

    public Enrolments(Parts parts, Times times) {
        this.identities = parts.identities();
        this.keys =
                new KeysEnrolment(
                        parts.identities(), parts.requester(), parts.components(), times.request());
        this.audit = parts.audit();
        this.online = parts.online();
        this.leading = parts.leading();
        this.times = times;
    }

    /** Goes on with what was begun, and renews what is due. */
    public void start() {
        clock.scheduleWithFixedDelay(
                this::tick, 0, times.pause().toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public GatewayIdentity begin(GatewayId gateway, boolean newKey) {
        GatewayIdentity now = identities.get(gateway);
        if (now.state() == State.REVOKED && now.certificateRequired()) {
            throw new AggregatorException(
                    Code.IDENTITY_STATE,
                    "the identity of " + gateway + " is revoked; readmit it first");
        }
        // the key of a revoked certificate may be in other hands
        identities.store().begin(gateway, newKey || now.state() == State.REVOKED);
        GatewayIdentity begun = identities.changed(gateway);
        later(gateway);
        return begun;
    }

    @Override
    public void born(GatewayId gateway) {
        if (identities.get(gateway).enrolment().status() == Status.RUNNING) {
            later(gateway);
        }
    }

    @Override
    public void gone(GatewayId gateway, String reason) {
        // its next BIRTH goes on
    }

    private void tick() {
        if (!leading.getAsBoolean()) {
            return;
        }
        try {
            identities.store().enrolling().forEach(this::later);
            for (GatewayIdentity identity : identities.list()) {
                if (isToBeRenewed(identity) && online.test(identity.gateway())) {
                    audit.record(
                            Audit.Action.own("renew certificate", identity.gateway().toString()),
                            "BEGUN");
                    begin(identity.gateway(), false);
                }
            }
        } catch (RuntimeException e) {
            LOG.warn("Certificates cannot be looked after now", e);
        }
    }

    private static boolean isToBeRenewed(GatewayIdentity identity) {
        boolean ours =
                identity.certificate()
                        .filter(c -> c.how() == GatewayCertificate.How.KEYS)
                        .isPresent();
        if (!ours || identity.state() != State.DUE) {
            return false;
        }
        return switch (identity.enrolment().status()) {
            case NONE, DONE -> true;
            case RUNNING -> false;
            case FAILED -> isToBeTriedAgain(identity);
        };
    }

    /** A failed attempt is no reason to let the certificate expire. */
    private static boolean isToBeTriedAgain(GatewayIdentity identity) {
        Instant begun = identity.enrolment().since().orElse(Instant.EPOCH);
        Instant end = identity.certificate().orElseThrow().notAfter();
        Duration left = Duration.between(begun, end);
        return Instant.now().isAfter(begun.plus(left.dividedBy(ATTEMPTS)));
    }

    private void later(GatewayId gateway) {
        if (leading.getAsBoolean() && advancing.add(gateway)) {
            try {
                work.execute(() -> advance(gateway));
            } catch (RejectedExecutionException e) {
                LOG.debug("{} is not enrolled: stopping", gateway);
            }
        }
    }

    private void advance(GatewayId gateway) {
        IdentityStore store = identities.store();
        try {
            IdentityStore.Row row = store.row(gateway);
            if (row.enrolment().status() != Status.RUNNING) {
                return;
            }
            Instant begun = row.enrolment().since().orElseThrow();
            try {
                keys.advance(gateway, begun, row.newKey());
                end(gateway, Status.DONE, "has its certificate");
            } catch (AggregatorException e) {
                boolean silent = e.code().kind() == Kind.UNREACHABLE;
                boolean patient = Instant.now().isBefore(begun.plus(PATIENCE));
                if (silent && patient) {
                    store.step(gateway, Status.RUNNING, "waits: " + e.getMessage());
                    identities.changed(gateway);
                } else {
                    end(gateway, Status.FAILED, e.getMessage());
                }
            } catch (IOException e) {
                end(gateway, Status.FAILED, e.getMessage());
            }
        } catch (RuntimeException e) {
            LOG.warn("The enrolment of {} is tried again", gateway, e);
        } finally {
            advancing.remove(gateway);
        }
    }

    private void end(GatewayId gateway, Status status, String step) {
        identities.store().step(gateway, status, step);
        audit.record(
                Audit.Action.own("enrol through KEYS-V1", gateway.toString()),
                status == Status.DONE ? status.name() : status + " " + step);
        identities.changed(gateway);
        LOG.info("Enrolment of {}: {} {}", gateway, status, step);
    }

    /** Lets attempts end; an interrupt could close the database's file. */
    @Override
    public void close() {
        clock.shutdown();
        work.shutdown();
        try {
            work.awaitTermination(STOP_DEADLINE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
