package io.karu.aggregator.rollout;

import com.fasterxml.jackson.core.type.TypeReference;
import io.karu.aggregator.fleet.GatewayId;
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

/** Rollouts, their groups and history as rows. */
final class RolloutStore {
    private static final TypeReference<List<GateResult>> RESULTS = new TypeReference<>() {};
    private static final String MOVING =
            "state in ('WAITING_FOR_APPROVAL', 'READY', 'RUNNING', 'PAUSED', 'HALTED', 'REVERTING')";
    private static final String OPEN = "('SCHEDULED', 'PREPARING', 'CHANGING', 'REVERTING')";

    private final Jdbi jdbi;
    private final MemberStore members;

    RolloutStore(Database database) {
        this.jdbi = database.jdbi();
        this.members = new MemberStore(database);
    }

    /** Their gateways. */
    MemberStore members() {
        return members;
    }

    /** Keeps a new rollout with its groups and gateways. */
    long insert(
            RolloutPlan plan,
            RolloutUpdate first,
            String person,
            Map<Integer, List<GatewayId>> gateways) {
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
                    gateways.forEach((group, own) -> MemberStore.insert(handle, id, group, own));
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

    /**
     * Stores what a group came to, with a line of history, unless a person has waived its gates
     * since it was read.
     */
    void save(long id, RolloutGroup group, Optional<String> entry) {
        jdbi.useTransaction(
                handle -> {
                    if (!waivedSince(handle, id, group)) {
                        save(handle, id, group);
                        entry.ifPresent(message -> log(handle, id, Optional.empty(), message));
                    }
                });
    }

    private static boolean waivedSince(Handle handle, long id, RolloutGroup read) {
        return handle.select(
                        "select waived_by from rollout_group where rollout = ? and number = ? for update",
                        id,
                        read.number())
                .map((row, context) -> Rows.findString(row, "waived_by"))
                .one()
                .filter(person -> !read.waivedBy().equals(Optional.of(person)))
                .isPresent();
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
}
