package io.karu.aggregator.rollout;

import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.Health;
import io.karu.aggregator.fleet.Presence;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;

/** The gateways of rollouts as rows. */
final class MemberStore {
    private static final String MEMBER =
            """
            select m.*, g.site, g.presence, g.reason, g.since, j.state as job_state, j.step as job_step, j.failure as job_failure
            from rollout_member m
            join gateway g on g.account = m.account and g.client_id = m.client_id
            left join job j on j.id = m.job
            """;

    private final Jdbi jdbi;

    /**
     * A gateway that has the artefact, with what its gates need.
     *
     * @param decides whether it decides, or runs in the shadow of what does
     * @param at since when
     */
    record Changed(
            GatewayId gateway,
            Baseline baseline,
            Optional<Health> health,
            boolean decides,
            Instant at) {}

    MemberStore(Database database) {
        this.jdbi = database.jdbi();
    }

    static void insert(Handle handle, long id, int group, List<GatewayId> gateways) {
        if (gateways.isEmpty()) {
            return;
        }
        PreparedBatch batch =
                handle.prepareBatch(
                        """
                        insert into rollout_member (rollout, account, client_id, group_number, state, step, attempt, phase, updated_at)
                        values (:id, :account, :clientId, :group, 'SCHEDULED', 'its group has not begun', 0, 0, :now)
                        """);
        for (GatewayId gateway : gateways) {
            batch.bind("id", id)
                    .bind("account", gateway.account())
                    .bind("clientId", gateway.clientId())
                    .bind("group", group)
                    .bind("now", Instant.now())
                    .add();
        }
        batch.execute();
    }

    /** A gateway that fits the plan joins. */
    void join(long id, int group, List<GatewayId> gateways) {
        jdbi.useTransaction(handle -> insert(handle, id, group, gateways));
    }

    /** By group and name. */
    List<RolloutMember> list(long id) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        MEMBER
                                                + " where m.rollout = ? order by m.group_number, m.client_id",
                                        id)
                                .map((row, context) -> member(row))
                                .list());
    }

    Optional<RolloutMember> find(long id, GatewayId gateway) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        MEMBER
                                                + " where m.rollout = ? and m.account = ? and m.client_id = ?",
                                        id,
                                        gateway.account(),
                                        gateway.clientId())
                                .map((row, context) -> member(row))
                                .findOne());
    }

    Optional<Baseline> baseline(long id, GatewayId gateway) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select baseline from rollout_member where rollout = ? and account = ? and client_id = ? and baseline is not null",
                                        id,
                                        gateway.account(),
                                        gateway.clientId())
                                .map((row, context) -> Json.read(row.getString(1), Baseline.class))
                                .findOne());
    }

    List<Changed> changed(long id, int group) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        """
                                        select m.account, m.client_id, m.state, m.baseline, m.changed_at, g.health from rollout_member m
                                        join gateway g on g.account = m.account and g.client_id = m.client_id
                                        where m.rollout = ? and m.group_number = ? and m.state in ('CHANGED', 'SHADOWING') and m.baseline is not null
                                        order by m.client_id
                                        """,
                                        id,
                                        group)
                                .map(
                                        (row, context) ->
                                                new Changed(
                                                        gateway(row),
                                                        Json.read(
                                                                row.getString("baseline"),
                                                                Baseline.class),
                                                        Rows.findJson(row, "health", Health.class),
                                                        row.getString("state")
                                                                .equals(MemberState.CHANGED.name()),
                                                        Rows.instant(row, "changed_at")))
                                .list());
    }

    /** Stores a step; false when the gateway's state had changed meanwhile. */
    boolean save(long id, MemberRun run) {
        RolloutMember before = run.before();
        return jdbi.withHandle(
                handle ->
                        handle.createUpdate(
                                                "update rollout_member set state = :state, step = :step, waits_for = :waitsFor, deadline = :deadline,"
                                                        + " attempt = :attempt, phase = :phase, job = :job, changed_at = :changedAt, updated_at = :now"
                                                        + (run.baseline().isPresent()
                                                                ? ", baseline = :baseline"
                                                                : "")
                                                        + " where rollout = :id and account = :account and client_id = :clientId"
                                                        + " and state = :stateBefore and attempt = :attemptBefore and phase = :phaseBefore")
                                        .bind("id", id)
                                        .bind("account", before.gateway().account())
                                        .bind("clientId", before.gateway().clientId())
                                        .bind("state", run.state().name())
                                        .bind("step", run.step())
                                        .bindByType(
                                                "waitsFor",
                                                run.waitsFor().orElse(null),
                                                String.class)
                                        .bindByType(
                                                "deadline",
                                                run.deadline().orElse(null),
                                                Instant.class)
                                        .bind("attempt", run.attempt())
                                        .bind("phase", run.phase())
                                        .bindByType("job", run.job().orElse(null), Long.class)
                                        .bindByType(
                                                "changedAt",
                                                run.changedAt().orElse(null),
                                                Instant.class)
                                        .bindMap(
                                                run.baseline()
                                                        .map(b -> Map.of("baseline", Json.write(b)))
                                                        .orElse(Map.of()))
                                        .bind("now", Instant.now())
                                        .bind("stateBefore", before.state().name())
                                        .bind("attemptBefore", before.attempt())
                                        .bind("phaseBefore", before.phase())
                                        .execute()
                                > 0);
    }

    private static GatewayId gateway(ResultSet row) throws SQLException {
        return new GatewayId(row.getString("account"), row.getString("client_id"));
    }

    private static RolloutMember member(ResultSet row) throws SQLException {
        long job = row.getLong("job");
        Optional<Long> queued = row.wasNull() ? Optional.empty() : Optional.of(job);
        Optional<RolloutMember.JobNow> now = Optional.empty();
        if (row.getString("job_state") != null) {
            now =
                    Optional.of(
                            new RolloutMember.JobNow(
                                    JobState.valueOf(row.getString("job_state")),
                                    row.getString("job_step"),
                                    Rows.findJson(row, "job_failure", Job.Failure.class)));
        }
        return new RolloutMember(
                gateway(row),
                row.getInt("group_number"),
                MemberState.valueOf(row.getString("state")),
                row.getString("step"),
                Rows.findString(row, "waits_for"),
                Rows.findInstant(row, "deadline"),
                row.getInt("attempt"),
                row.getInt("phase"),
                queued,
                Rows.findInstant(row, "changed_at"),
                Rows.instant(row, "updated_at"),
                new RolloutMember.Site(
                        Rows.findString(row, "site").orElse(""),
                        Presence.valueOf(row.getString("presence")),
                        row.getString("reason"),
                        Rows.instant(row, "since")),
                now);
    }
}
