package io.karu.aggregator.metrics;

import io.karu.aggregator.rollout.MemberState;
import io.karu.aggregator.rollout.RolloutState;
import io.karu.aggregator.store.Database;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.BaseUnits;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Handle;

/**
 * What the database says of the whole fleet. Every aggregator on one database reports the same:
 * take the maximum over instances, never the sum.
 */
public final class StateMetrics {
    private static final List<String> PRESENCES =
            List.of("REGISTERED", "ONLINE", "DISCONNECTED", "LOST", "UNKNOWN");
    private static final List<String> JOB_STATES =
            List.of("QUEUED", "SENDING", "TRANSFERRING", "INSTALLING", "VERIFYING");

    private final Database database;
    private final MultiGauge gateways;
    private final MultiGauge jobs;
    private final MultiGauge rollouts;
    private final MultiGauge members;
    private final AtomicLong failing = new AtomicLong();
    private final AtomicLong drifting = new AtomicLong();
    private final AtomicLong conflicting = new AtomicLong();
    private final AtomicLong blobBytes = new AtomicLong();

    private StateMetrics(Database database, MeterRegistry registry) {
        this.database = database;
        this.gateways =
                MultiGauge.builder("karu.gateways")
                        .description("gateways by presence")
                        .register(registry);
        this.jobs =
                MultiGauge.builder("karu.jobs")
                        .description("jobs that have not ended, by state")
                        .register(registry);
        this.rollouts =
                MultiGauge.builder("karu.rollouts")
                        .description("rollouts by state")
                        .register(registry);
        this.members =
                MultiGauge.builder("karu.rollout.gateways")
                        .description("gateways of rollouts that have not ended, by state")
                        .register(registry);
        registry.gauge("karu.gateways.failing", failing);
        registry.gauge("karu.gateways.drifting", drifting);
        registry.gauge("karu.gateways.conflicting", conflicting);
        Gauge.builder("karu.blobs.stored", blobBytes, AtomicLong::get)
                .baseUnit(BaseUnits.BYTES)
                .description("images and heat maps of gateways that are kept")
                .register(registry);
    }

    /** Reads the database before each scrape. */
    public static void bind(Database database, Metrics metrics) {
        metrics.beforeScrape(new StateMetrics(database, metrics.registry())::read);
    }

    private void read() {
        database.jdbi()
                .useHandle(
                        handle -> {
                            show(
                                    gateways,
                                    "presence",
                                    counts(
                                            handle,
                                            PRESENCES,
                                            "select presence, count(*) from gateway group by presence"));
                            show(
                                    jobs,
                                    "state",
                                    counts(
                                            handle,
                                            JOB_STATES,
                                            "select state, count(*) from job where state in"
                                                    + " ('QUEUED', 'SENDING', 'TRANSFERRING', 'INSTALLING', 'VERIFYING')"
                                                    + " group by state"));
                            show(
                                    rollouts,
                                    "state",
                                    counts(
                                            handle,
                                            names(RolloutState.values()),
                                            "select state, count(*) from rollout group by state"));
                            show(
                                    members,
                                    "state",
                                    counts(
                                            handle,
                                            names(MemberState.values()),
                                            "select m.state, count(*) from rollout_member m"
                                                    + " join rollout r on r.id = m.rollout where r.state in"
                                                    + " ('RUNNING', 'PAUSED', 'HALTED', 'REVERTING') group by m.state"));
                            failing.set(
                                    number(
                                            handle,
                                            "select count(*) from gateway where health like '%\"ok\":false%'"));
                            drifting.set(
                                    number(
                                            handle,
                                            "select count(*) from gateway where drift <> '[]'"));
                            conflicting.set(
                                    number(
                                            handle,
                                            "select count(*) from gateway where conflict is not null"));
                            blobBytes.set(
                                    number(
                                            handle,
                                            "select coalesce(sum(size_bytes), 0) from blob"));
                        });
    }

    private static void show(MultiGauge gauge, String tag, Map<String, Long> counts) {
        gauge.register(
                counts.entrySet().stream()
                        .<MultiGauge.Row<?>>map(
                                c -> MultiGauge.Row.of(Tags.of(tag, c.getKey()), c.getValue()))
                        .toList(),
                true);
    }

    private static Map<String, Long> counts(Handle handle, List<String> known, String sql) {
        Map<String, Long> counts = new TreeMap<>();
        known.forEach(name -> counts.put(name, 0L));
        handle.createQuery(sql)
                .map((row, context) -> Map.entry(row.getString(1), row.getLong(2)))
                .forEach(count -> counts.put(count.getKey(), count.getValue()));
        return counts;
    }

    private static List<String> names(Enum<?>[] states) {
        return Arrays.stream(states).map(Enum::name).toList();
    }

    private static long number(Handle handle, String sql) {
        return handle.createQuery(sql).mapTo(Long.class).one();
    }
}
