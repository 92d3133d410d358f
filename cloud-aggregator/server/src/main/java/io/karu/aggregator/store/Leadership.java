package io.karu.aggregator.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which of several aggregators on one database acts on gateways: the one that holds a lease, a row
 * that it renews and that another takes once it has expired. Writes that only the leader may do ask
 * for the row ({@link #CONDITION}), and compare what they replace, so that one that lost the lease
 * without noticing changes nothing any more. Thread-safe.
 */
public final class Leadership implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

    /** For a statement's where clause; binds {@link #owner()} as {@code leader}. */
    public static final String CONDITION =
            "exists (select 1 from lease where lease.name = 'leader' and lease.owner = :leader)";

    private static final String NAME = "leader";
    private static final Duration TERM = Duration.ofSeconds(10);
    private static final Duration RENEWAL = Duration.ofSeconds(2);

    private final Jdbi jdbi;
    private final boolean alone;
    private final String owner;
    private final List<Runnable> starts = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "leadership"));
    private volatile Instant until = Instant.MIN;

    /**
     * @param alone whether no other aggregator is to be expected: the lease is taken at once from
     *     whoever had it, which is this one before its restart
     */
    public Leadership(Database database, String name, boolean alone) {
        this.jdbi = database.jdbi();
        this.alone = alone;
        this.owner = name + " " + UUID.randomUUID();
    }

    /**
     * Registers who is told, on this class' thread, each time that this aggregator has become the
     * leader.
     */
    public void whenTaken(Runnable start) {
        starts.add(start);
    }

    /** Begins to compete; alone, the lease is held when this returns. */
    public void start() {
        compete();
        clock.scheduleWithFixedDelay(
                this::compete, RENEWAL.toMillis(), RENEWAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Whether this aggregator leads, as far as it knows. */
    public boolean held() {
        return Instant.now().isBefore(until);
    }

    /** Whether no other aggregator is to be expected. */
    public boolean alone() {
        return alone;
    }

    /** This process, told apart from its earlier and later starts. */
    public String owner() {
        return owner;
    }

    private void compete() {
        try {
            boolean led = held();
            Instant asked = Instant.now();
            if (take()) {
                until = asked.plus(TERM);
                if (!led) {
                    LOG.info("This aggregator acts on gateways");
                    starts.forEach(Runnable::run);
                }
            } else if (led) {
                until = Instant.MIN;
                LOG.warn("Another aggregator has taken over acting on gateways");
            }
        } catch (RuntimeException e) {
            LOG.warn("The lease cannot be renewed now: {}", e.getMessage());
        }
    }

    /** The database's clock decides, so that clocks of aggregators need not agree. */
    private boolean take() {
        return jdbi.inTransaction(
                handle -> {
                    int renewed =
                            handle.execute(
                                    "update lease set owner = ?, expires_at = current_timestamp + interval '10' second"
                                            + " where name = ? and (owner = ? or expires_at < current_timestamp or ?)",
                                    owner,
                                    NAME,
                                    owner,
                                    alone && !held());
                    if (renewed > 0) {
                        return true;
                    }
                    return handle.execute(
                                    "insert into lease (name, owner, expires_at)"
                                            + " select cast(? as varchar), cast(? as varchar), current_timestamp + interval '10' second"
                                            + " where not exists (select 1 from lease where name = ?)",
                                    NAME,
                                    owner,
                                    NAME)
                            > 0;
                });
    }

    /** Lets another take over at once. */
    @Override
    public void close() throws InterruptedException {
        clock.shutdown();
        clock.awaitTermination(TERM.toSeconds(), TimeUnit.SECONDS);
        if (held()) {
            until = Instant.MIN;
            jdbi.useHandle(
                    handle ->
                            handle.execute(
                                    "delete from lease where name = ? and owner = ?", NAME, owner));
        }
    }
}
