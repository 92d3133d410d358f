package io.karu.aggregator.rollout;

import com.fasterxml.jackson.core.type.TypeReference;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.Health;
import io.karu.aggregator.fleet.Presence;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Rows;
import io.karu.aggregator.trace.Tracing;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;

/** Rollouts, their groups, gateways and history as rows. */
final class RolloutStore {
    private static final TypeReference<List<GateResult>> RESULTS = new TypeReference<>() {};
    private static final String MOVING =
            "state in ('WAITING_FOR_APPROVAL', 'READY', 'RUNNING', 'PAUSED', 'HALTED', 'REVERTING')";
    private static final String OPEN = "('SCHEDULED', 'PREPARING', 'CHANGING', 'REVERTING')";

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

    RolloutStore(Database database) {
        this.jdbi = database.jdbi();
    }

    /** Keeps a new rollout with its groups and gateways. */
    long insert(
            RolloutPlan plan,
            RolloutUpdate first,
            String person,
            Map<Integer, List<GatewayId>> members) {
        return jdbi.inTransaction(
                handle -> {
                    Instant now = Instant.now();
                    long id =
                            handle.createUpdate(
                                            """
                                            insert into rollout (name, plan, state, reason, waits_for, deadline, created_at, created_by, updated_at, trace)
                                            values (:name, :plan, :state, :reason, :waitsFor, :deadline, :now, :person, :now, :trace)
                                            """)
                                    .bind("name", plan.name())
                                    .bind("plan", Json.write(plan))
                                    .bind("state", first.state().name())
                                    .bind("reason", first.reason())
                                    .bindByType(
                                            "waitsFor",
                                            first.waiting().map(Wait::owner).orElse(null),
                                            String.class)
                                    .bindByType(
                                            "deadline",
                                            first.waiting().flatMap(Wait::deadline).orElse(null),
                                            Instant.class)
                                    .bind("person", person)
                                    .bind("now", now)
                                    .bindByType(
                                            "trace",
                                            Tracing.traceparent().orElse(null),
                                            String.class)
                                    .executeAndReturnGeneratedKeys("id")
                                    .mapTo(Long.class)
                                    .one();
                    for (int group = 0; group < plan.groups().size(); group++) {
                        handle.execute(
                                "insert into rollout_group (rollout, number, state, reason, gates) values (?, ?, 'SCHEDULED', 'its turn has not come', '[]')",
                                id,
                                group);
                    }
                    members.forEach((group, gateways) -> insert(handle, id, group, gateways));
                    log(handle, id, Optional.of(person), "created");
                    return id;
                });
    }

    /** The trace that a rollout belongs to. */
    Optional<String> trace(long id) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select trace from rollout where id = ? and trace is not null",
                                        id)
                                .mapTo(String.class)
                                .findOne());
    }

    private static void insert(Handle handle, long id, int group, List<GatewayId> gateways) {
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

    Optional<Rollout> find(long id) {
        return jdbi.withHandle(
                handle ->
                        handle.select("select * from rollout where id = ?", id)
                                .map((row, context) -> rollout(row))
                                .findOne()
                                .map(rollout -> withGroups(handle, rollout)));
    }

    List<Rollout> list(Optional<Long> before, int limit) {
        return jdbi.withHandle(
                handle ->
                        handle
                                .createQuery(
                                        "select * from rollout where id < :before order by id desc fetch first "
                                                + limit
                                                + " rows only")
                                .bind("before", before.orElse(Long.MAX_VALUE))
                                .map((row, context) -> rollout(row))
                                .list()
                                .stream()
                                .map(rollout -> withGroups(handle, rollout))
                                .toList());
    }

    /** Those that the executor has something to do with. */
    List<Long> moving() {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        "select id from rollout r where "
                                                + MOVING
                                                + " or exists (select 1 from rollout_member m where m.rollout = r.id and m.state in "
                                                + OPEN
                                                + ") order by id")
                                .mapTo(Long.class)
                                .list());
    }

    /** Other rollouts on one of the same gateways that have begun and not ended. */
    List<Rollout> beside(long id) {
        List<Long> ids =
                jdbi.withHandle(
                        handle ->
                                handle.select(
                                                """
                                                select distinct o.rollout from rollout_member m join rollout_member o
                                                  on o.account = m.account and o.client_id = m.client_id and o.rollout <> m.rollout
                                                join rollout r on r.id = o.rollout
                                                where m.rollout = ? and r.state in ('RUNNING', 'PAUSED', 'HALTED', 'REVERTING')
                                                """,
                                                id)
                                        .mapTo(Long.class)
                                        .list());
        return ids.stream().map(this::find).flatMap(Optional::stream).toList();
    }

    List<RolloutMember> members(long id) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        """
                                        select m.*, g.site, g.presence, g.reason, g.since, j.state as job_state, j.step as job_step, j.failure as job_failure
                                        from rollout_member m
                                        join gateway g on g.account = m.account and g.client_id = m.client_id
                                        left join job j on j.id = m.job
                                        where m.rollout = ? order by m.group_number, m.client_id
                                        """,
                                        id)
                                .map((row, context) -> member(row))
                                .list());
    }

    Optional<RolloutMember> member(long id, GatewayId gateway) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        """
                                        select m.*, g.site, g.presence, g.reason, g.since, j.state as job_state, j.step as job_step, j.failure as job_failure
                                        from rollout_member m
                                        join gateway g on g.account = m.account and g.client_id = m.client_id
                                        left join job j on j.id = m.job
                                        where m.rollout = ? and m.account = ? and m.client_id = ?
                                        """,
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

    /** Stores what a group came to, with a line of history. */
    void save(long id, RolloutGroup group, Optional<String> entry) {
        jdbi.useTransaction(
                handle -> {
                    save(handle, id, group);
                    entry.ifPresent(message -> log(handle, id, Optional.empty(), message));
                });
    }

    private static void save(Handle handle, long id, RolloutGroup group) {
        handle.createUpdate(
                        "update rollout_group set state = :state, reason = :reason, waived_by = :waivedBy, started_at = :startedAt,"
                                + " ended_at = :endedAt, gates = :gates where rollout = :id and number = :number")
                .bind("id", id)
                .bind("number", group.number())
                .bind("state", group.state().name())
                .bind("reason", group.reason())
                .bindByType("waivedBy", group.waivedBy().orElse(null), String.class)
                .bindByType("startedAt", group.startedAt().orElse(null), Instant.class)
                .bindByType("endedAt", group.endedAt().orElse(null), Instant.class)
                .bind("gates", Json.write(group.gates()))
                .execute();
    }

    /**
     * Stores where a rollout is now, with a line of history when it says one; false when its state
     * had changed meanwhile.
     *
     * @param group changes together with it
     */
    boolean save(Rollout before, RolloutUpdate update, Optional<RolloutGroup> group) {
        return jdbi.inTransaction(
                handle -> {
                    boolean saved =
                            handle.createUpdate(
                                                    """
                                                    update rollout set state = :state, reason = :reason, waits_for = :waitsFor, deadline = :deadline,
                                                        approved_by = coalesce(:approvedBy, approved_by), started_at = coalesce(started_at, :startedAt),
                                                        ended_at = :endedAt, updated_at = :now
                                                    where id = :id and state = :stateBefore
                                                    """)
                                            .bind("id", before.id())
                                            .bind("stateBefore", before.state().name())
                                            .bind("state", update.state().name())
                                            .bind("reason", update.reason())
                                            .bindByType(
                                                    "waitsFor",
                                                    update.waiting().map(Wait::owner).orElse(null),
                                                    String.class)
                                            .bindByType(
                                                    "deadline",
                                                    update.waiting()
                                                            .flatMap(Wait::deadline)
                                                            .orElse(null),
                                                    Instant.class)
                                            .bindByType(
                                                    "approvedBy",
                                                    update.approvedBy().orElse(null),
                                                    String.class)
                                            .bindByType(
                                                    "startedAt",
                                                    update.state() == RolloutState.RUNNING
                                                            ? Instant.now()
                                                            : null,
                                                    Instant.class)
                                            .bindByType(
                                                    "endedAt",
                                                    update.state().ended()
                                                            ? before.endedAt().orElse(Instant.now())
                                                            : null,
                                                    Instant.class)
                                            .bind("now", Instant.now())
                                            .execute()
                                    > 0;
                    if (saved) {
                        group.ifPresent(changed -> save(handle, before.id(), changed));
                        update.entry()
                                .ifPresent(
                                        message ->
                                                log(handle, before.id(), update.person(), message));
                    }
                    return saved;
                });
    }

    void log(long id, Optional<String> person, String message) {
        jdbi.useHandle(handle -> log(handle, id, person, message));
    }

    private static void log(Handle handle, long id, Optional<String> person, String message) {
        handle.createUpdate(
                        "insert into rollout_entry (rollout, at, person, message) values (:id, :now, :person, :message)")
                .bind("id", id)
                .bind("now", Instant.now())
                .bindByType("person", person.orElse(null), String.class)
                .bind("message", message)
                .execute();
    }

    List<RolloutEntry> history(long id) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select * from rollout_entry where rollout = ? order by id",
                                        id)
                                .map(
                                        (row, context) ->
                                                new RolloutEntry(
                                                        Rows.instant(row, "at"),
                                                        Rows.findString(row, "person"),
                                                        row.getString("message")))
                                .list());
    }

    private static Rollout withGroups(Handle handle, Rollout rollout) {
        Map<Integer, Map<MemberState, Integer>> counts = new HashMap<>();
        handle.select(
                        "select group_number, state, count(*) as n from rollout_member where rollout = ? group by group_number, state",
                        rollout.id())
                .map(
                        (row, context) ->
                                counts.computeIfAbsent(
                                                row.getInt(1),
                                                group -> new EnumMap<>(MemberState.class))
                                        .put(MemberState.valueOf(row.getString(2)), row.getInt(3)))
                .list();
        List<RolloutGroup> groups =
                handle.select(
                                "select * from rollout_group where rollout = ? order by number",
                                rollout.id())
                        .map(
                                (row, context) ->
                                        group(
                                                row,
                                                rollout.plan(),
                                                counts.getOrDefault(
                                                        row.getInt("number"), Map.of())))
                        .list();
        return rollout.with(groups);
    }

    private static RolloutGroup group(
            ResultSet row, RolloutPlan plan, Map<MemberState, Integer> counts) throws SQLException {
        int number = row.getInt("number");
        return new RolloutGroup(
                number,
                plan.groups().get(number).name(),
                GroupState.valueOf(row.getString("state")),
                row.getString("reason"),
                Rows.findString(row, "waived_by"),
                Rows.findInstant(row, "started_at"),
                Rows.findInstant(row, "ended_at"),
                Json.read(row.getString("gates"), RESULTS),
                counts);
    }

    private static Rollout rollout(ResultSet row) throws SQLException {
        RolloutPlan plan = Json.read(row.getString("plan"), RolloutPlan.class);
        return new Rollout(
                row.getLong("id"),
                row.getString("name"),
                plan,
                RolloutState.valueOf(row.getString("state")),
                row.getString("reason"),
                Rows.findString(row, "waits_for"),
                Rows.findInstant(row, "deadline"),
                Rows.instant(row, "created_at"),
                row.getString("created_by"),
                Rows.findString(row, "approved_by"),
                Rows.findInstant(row, "started_at"),
                Rows.findInstant(row, "ended_at"),
                Rows.instant(row, "updated_at"),
                List.of());
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
