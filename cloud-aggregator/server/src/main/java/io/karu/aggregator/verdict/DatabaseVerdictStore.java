package io.karu.aggregator.verdict;

import com.fasterxml.jackson.core.type.TypeReference;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** Verdicts as rows; the first of each gateway, station and frame is kept. */
public final class DatabaseVerdictStore implements VerdictStore {
    private static final TypeReference<List<StoredVerdict.Finding>> FINDINGS =
            new TypeReference<>() {};
    private static final TypeReference<Map<String, Long>> TIMING = new TypeReference<>() {};

    /** Deleted at once, so that no transaction holds the table for long. */
    private static final int RETENTION_BATCH = 10_000;

    private final Database database;
    private final Jdbi jdbi;
    private final AtomicLong messages = new AtomicLong();
    private final AtomicLong verdicts = new AtomicLong();
    private final AtomicLong overrules = new AtomicLong();
    private final AtomicLong duplicates = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final Map<GatewayId, Long> dropped = new ConcurrentHashMap<>();

    /** What of messages was new. */
    record Added(List<StoredVerdict> verdicts, List<Overrule> overrules) {}

    public DatabaseVerdictStore(Database database) {
        this.database = database;
        this.jdbi = database.jdbi();
    }

    boolean answers() {
        return database.answers();
    }

    /** Stores what is new in messages, all or nothing. */
    Added add(List<Batch> batches) {
        Added added =
                jdbi.inTransaction(
                        handle -> {
                            VerdictWriter writer = new VerdictWriter(handle);
                            Added stored =
                                    new Added(writer.verdicts(batches), writer.overrules(batches));
                            writer.evidence(batches);
                            return stored;
                        });
        messages.addAndGet(batches.size());
        verdicts.addAndGet(added.verdicts().size());
        overrules.addAndGet(added.overrules().size());
        long entries = 0;
        for (Batch batch : batches) {
            entries += batch.verdicts().size() + batch.overrules().size();
            refused.addAndGet(batch.refusals().size());
            dropped.merge(batch.gateway(), batch.dropped(), Math::max);
        }
        duplicates.addAndGet(entries - added.verdicts().size() - added.overrules().size());
        return added;
    }

    void countRefusedMessage() {
        messages.incrementAndGet();
        refused.incrementAndGet();
    }

    @Override
    public List<StoredVerdict> query(VerdictQuery query) {
        StringBuilder where = new StringBuilder("where 1 = 1");
        Map<String, Object> values = new LinkedHashMap<>();
        query.gateway()
                .ifPresent(
                        gateway -> {
                            where.append(" and v.account = :account and v.client_id = :clientId");
                            values.put("account", gateway.account());
                            values.put("clientId", gateway.clientId());
                        });
        condition(where, values, query.station(), "v.station = :station", "station");
        condition(where, values, query.decision(), "v.decision = :decision", "decision");
        condition(where, values, query.from(), "v.decided_at >= :from", "from");
        condition(where, values, query.to(), "v.decided_at < :to", "to");
        condition(where, values, query.before(), "v.id < :before", "before");
        return jdbi.withHandle(
                handle -> {
                    List<StoredVerdict> found =
                            handle.createQuery(
                                            "select v.* from verdict v "
                                                    + where
                                                    + " order by v.id desc fetch first "
                                                    + query.limit()
                                                    + " rows only")
                                    .bindMap(values)
                                    .map((row, context) -> verdict(row))
                                    .list();
                    return found.stream().map(verdict -> withOverrule(handle, verdict)).toList();
                });
    }

    private static void condition(
            StringBuilder where,
            Map<String, Object> values,
            Optional<?> value,
            String condition,
            String name) {
        value.ifPresent(
                present -> {
                    where.append(" and ").append(condition);
                    values.put(name, present);
                });
    }

    @Override
    public Optional<StoredVerdict> find(long id) {
        return jdbi.withHandle(
                handle ->
                        handle.select("select * from verdict where id = ?", id)
                                .map((row, context) -> verdict(row))
                                .findOne()
                                .map(verdict -> withOverrule(handle, verdict)));
    }

    @Override
    public Optional<StoredVerdict> find(GatewayId gateway, String station, String frame) {
        return jdbi.withHandle(
                handle ->
                        find(handle, gateway, station, frame)
                                .map(verdict -> withOverrule(handle, verdict)));
    }

    private static Optional<StoredVerdict> find(
            Handle handle, GatewayId gateway, String station, String frame) {
        return handle.select(
                        "select * from verdict where account = ? and client_id = ? and station = ? and frame = ?",
                        gateway.account(),
                        gateway.clientId(),
                        station,
                        frame)
                .map((row, context) -> verdict(row))
                .findOne();
    }

    @Override
    public List<Overrule> overrules(GatewayId gateway, String station, String frame) {
        return jdbi.withHandle(handle -> overrules(handle, gateway, station, frame));
    }

    private static List<Overrule> overrules(
            Handle handle, GatewayId gateway, String station, String frame) {
        return handle.select(
                        "select * from overrule where account = ? and client_id = ? and station = ? and frame = ? order by at, id",
                        gateway.account(),
                        gateway.clientId(),
                        station,
                        frame)
                .map((row, context) -> overrule(row))
                .list();
    }

    private static StoredVerdict withOverrule(Handle handle, StoredVerdict v) {
        List<Overrule> overrules = overrules(handle, v.gateway(), v.station(), v.frame());
        return overrules.isEmpty() ? v : v.overruledBy(overrules.get(overrules.size() - 1));
    }

    @Override
    public Map<String, Long> counts(GatewayId gateway, String station) {
        Map<String, Long> counts = new TreeMap<>();
        jdbi.useHandle(
                handle ->
                        handle.select(
                                        "select decision, count(*) as n from verdict where account = ? and client_id = ? and station = ? group by decision",
                                        gateway.account(),
                                        gateway.clientId(),
                                        station)
                                .map(
                                        (row, context) ->
                                                counts.put(
                                                        row.getString("decision"),
                                                        row.getLong("n")))
                                .list());
        return counts;
    }

    @Override
    public Ingested ingested() {
        return new Ingested(
                messages.get(),
                verdicts.get(),
                overrules.get(),
                duplicates.get(),
                refused.get(),
                dropped.values().stream().mapToLong(Long::longValue).sum());
    }

    /**
     * Deletes verdicts older than {@code age} and the oldest beyond {@code count}, with their
     * overrules; the number deleted.
     */
    public long retain(Duration age, long count) {
        Instant oldest = Instant.now().minus(age);
        long deleted = 0;
        int batch;
        do {
            batch =
                    jdbi.inTransaction(
                            handle -> {
                                long newestToGo =
                                        handle.select(
                                                        "select id from verdict order by id desc offset ? rows fetch first 1 rows only",
                                                        count)
                                                .mapTo(Long.class)
                                                .findOne()
                                                .orElse(0L);
                                int gone =
                                        handle.createUpdate(
                                                        """
                                                        delete from verdict where id in (select o.id from
                                                            (select id, received_at from verdict order by id fetch first %d rows only) o
                                                            where o.received_at < :oldest or o.id <= :newestToGo)
                                                        """
                                                                .formatted(RETENTION_BATCH))
                                                .bind("oldest", oldest)
                                                .bind("newestToGo", newestToGo)
                                                .execute();
                                if (gone > 0) {
                                    handle.createUpdate(
                                                    """
                                                    delete from overrule where at < :oldest and not exists
                                                    (select 1 from verdict v where v.account = overrule.account and v.client_id = overrule.client_id
                                                     and v.station = overrule.station and v.frame = overrule.frame)
                                                    """)
                                            .bind("oldest", oldest)
                                            .execute();
                                }
                                return gone;
                            });
            deleted += batch;
        } while (batch == RETENTION_BATCH);
        return deleted;
    }

    private static StoredVerdict verdict(ResultSet row) throws SQLException {
        return new StoredVerdict(
                row.getLong("id"),
                new GatewayId(row.getString("account"), row.getString("client_id")),
                row.getString("station"),
                row.getString("frame"),
                row.getLong("sequence"),
                Rows.instant(row, "captured_at"),
                Rows.instant(row, "decided_at"),
                Rows.instant(row, "received_at"),
                row.getString("decision"),
                row.getString("reason"),
                row.getDouble("score"),
                Json.read(row.getString("findings"), FINDINGS),
                Rows.findString(row, "model"),
                Rows.findString(row, "model_name"),
                Rows.findString(row, "image"),
                Rows.findString(row, "heat_map"),
                Json.read(row.getString("timing_micros"), TIMING),
                Optional.empty());
    }

    private static Overrule overrule(ResultSet row) throws SQLException {
        return new Overrule(
                new GatewayId(row.getString("account"), row.getString("client_id")),
                row.getString("station"),
                row.getString("frame"),
                row.getString("decision"),
                row.getString("operator"),
                Rows.instant(row, "at"),
                row.getString("note"));
    }
}
