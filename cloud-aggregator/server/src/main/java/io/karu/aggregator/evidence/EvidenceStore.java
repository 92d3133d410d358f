package io.karu.aggregator.evidence;

import com.fasterxml.jackson.core.type.TypeReference;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** Reports of gateways as rows; the newest of each station, role, model and beginning is kept. */
public final class EvidenceStore {
    private static final TypeReference<List<Finding>> FINDINGS = new TypeReference<>() {};
    private static final int NEWEST_VERDICTS = 2000;

    private final Jdbi jdbi;

    private record Finding(String label) {}

    public EvidenceStore(Database database) {
        this.jdbi = database.jdbi();
    }

    /** Keeps reports of one message; {@code receivedAt} is the aggregator's clock. */
    public static void put(
            Handle handle, GatewayId gateway, List<EvidenceReport> reports, Instant receivedAt) {
        for (EvidenceReport report : reports) {
            handle.createUpdate(
                            """
                            merge into evidence using (values (cast(:account as varchar), cast(:clientId as varchar), cast(:station as varchar),
                                    cast(:role as varchar), cast(:model as varchar), cast(:since as timestamp with time zone)))
                                as n (account, client_id, station, role, model, since)
                            on evidence.account = n.account and evidence.client_id = n.client_id and evidence.station = n.station
                                and evidence.role = n.role and evidence.model = n.model and evidence.since = n.since
                            when matched then update set received_at = :receivedAt, content = :content
                            when not matched then insert (account, client_id, station, role, model, since, received_at, content)
                                values (:account, :clientId, :station, :role, :model, :since, :receivedAt, :content)
                            """)
                    .bind("account", gateway.account())
                    .bind("clientId", gateway.clientId())
                    .bind("station", report.station())
                    .bind("role", report.role())
                    .bind("model", report.model())
                    .bind("since", report.since())
                    .bind("receivedAt", receivedAt)
                    .bind("content", Json.write(report))
                    .execute();
        }
    }

    /** Every report of a gateway, oldest first. */
    public List<EvidenceReport> reports(GatewayId gateway) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select content from evidence where account = ? and client_id = ? order by received_at",
                                        gateway.account(),
                                        gateway.clientId())
                                .map(
                                        (row, context) ->
                                                Json.read(row.getString(1), EvidenceReport.class))
                                .list());
    }

    /** The reports of all gateways of a group of a rollout, oldest first. */
    public Map<GatewayId, List<EvidenceReport>> reportsOfGroup(long rollout, int group) {
        Map<GatewayId, List<EvidenceReport>> reports = new HashMap<>();
        jdbi.useHandle(
                handle ->
                        handle.select(
                                        """
                                        select e.account, e.client_id, e.content from evidence e
                                        join rollout_member m on m.account = e.account and m.client_id = e.client_id
                                        where m.rollout = ? and m.group_number = ? order by e.received_at
                                        """,
                                        rollout,
                                        group)
                                .map(
                                        (row, context) ->
                                                reports.computeIfAbsent(
                                                                new GatewayId(
                                                                        row.getString(1),
                                                                        row.getString(2)),
                                                                id -> new java.util.ArrayList<>())
                                                        .add(
                                                                Json.read(
                                                                        row.getString(3),
                                                                        EvidenceReport.class)))
                                .list());
        return reports;
    }

    /**
     * What the newest stored verdicts of a gateway say: for gateways whose uplink does not report
     * evidence. Only verdicts that left the gateway count.
     *
     * @param after only verdicts with a higher number
     * @param model only this version's; absent: any
     */
    public Tally ofVerdicts(GatewayId gateway, long after, Optional<String> model) {
        Tally.Builder tally = new Tally.Builder();
        jdbi.useHandle(
                handle ->
                        handle.createQuery(
                                        "select station, decision, findings, timing_micros from verdict"
                                                + " where account = :account and client_id = :clientId and id > :after"
                                                + (model.isPresent() ? " and model = :model" : "")
                                                + " order by id desc fetch first "
                                                + NEWEST_VERDICTS
                                                + " rows only")
                                .bind("account", gateway.account())
                                .bind("clientId", gateway.clientId())
                                .bind("after", after)
                                .bindMap(model.map(m -> Map.of("model", m)).orElse(Map.of()))
                                .map(
                                        (row, context) -> {
                                            tally.verdict(
                                                    row.getString("station"),
                                                    row.getString("decision"),
                                                    Json.read(row.getString("findings"), FINDINGS)
                                                            .stream()
                                                            .map(Finding::label)
                                                            .distinct()
                                                            .toList(),
                                                    millis(row.getString("timing_micros")));
                                            return 0;
                                        })
                                .list());
        return tally.build();
    }

    private static double millis(String timing) {
        Map<String, Long> steps = Json.read(timing, new TypeReference<Map<String, Long>>() {});
        return steps.entrySet().stream()
                        .filter(step -> !step.getKey().equals("queued"))
                        .mapToLong(Map.Entry::getValue)
                        .sum()
                / 1000.0;
    }

    /** How many verdicts after a number an operator decided otherwise. */
    public long overruled(GatewayId gateway, long after, Optional<String> model) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        select count(distinct v.id) from verdict v join overrule o
                                          on o.account = v.account and o.client_id = v.client_id and o.station = v.station and o.frame = v.frame
                                        where v.account = :account and v.client_id = :clientId and v.id > :after and o.decision <> v.decision
                                        """
                                                + (model.isPresent()
                                                        ? " and v.model = :model"
                                                        : ""))
                                .bind("account", gateway.account())
                                .bind("clientId", gateway.clientId())
                                .bind("after", after)
                                .bindMap(model.map(m -> Map.of("model", m)).orElse(Map.of()))
                                .mapTo(Long.class)
                                .one());
    }

    /** The number of the newest verdict; 0 when there is none. */
    public long newestVerdict() {
        return jdbi.withHandle(
                handle ->
                        handle.select("select coalesce(max(id), 0) from verdict")
                                .mapTo(Long.class)
                                .one());
    }

    /** Forgets reports that nothing was added to for this long; how many. */
    public int retain(Duration age) {
        return jdbi.withHandle(
                handle ->
                        handle.execute(
                                "delete from evidence where received_at < ?",
                                Instant.now().minus(age)));
    }
}
