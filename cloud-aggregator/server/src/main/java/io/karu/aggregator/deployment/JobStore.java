package io.karu.aggregator.deployment;

import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Leadership;
import io.karu.aggregator.store.Rows;
import io.karu.aggregator.store.Secrets;
import io.karu.aggregator.trace.Tracing;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatement;

/** Jobs, their history, download tokens and desired states as rows. */
final class JobStore {
    private static final String UNFINISHED = "state not in ('SUCCEEDED', 'FAILED', 'CANCELLED')";

    private final Jdbi jdbi;
    private final Leadership leadership;

    /** A job with the executor's own notes. */
    record Kept(Job job, Memo memo) {}

    /** What a download token opens. */
    record Token(long job, PackageId packageId) {}

    JobStore(Database database, Leadership leadership) {
        this.jdbi = database.jdbi();
        this.leadership = leadership;
    }

    Job insert(GatewayId gateway, Order order, Optional<Instant> notBefore, String origin) {
        Instant now = Instant.now();
        long id =
                jdbi.withHandle(
                        handle ->
                                handle.createUpdate(
                                                """
                                                insert into job (account, client_id, kind, subject, job_order, origin, state, restoring,
                                                    step, progress, memo, not_before, created_at, updated_at, trace)
                                                values (:account, :clientId, :kind, :subject, :order, :origin, 'QUEUED', :restoring,
                                                    'queued', 0, :memo, :notBefore, :now, :now, :trace)
                                                """)
                                        .bind("account", gateway.account())
                                        .bind("clientId", gateway.clientId())
                                        .bind("kind", order.getClass().getSimpleName())
                                        .bind("subject", order.subject())
                                        .bind("order", Json.write(order))
                                        .bind("origin", origin)
                                        .bind("restoring", false)
                                        .bind("memo", Json.write(Memo.NEW.since(now)))
                                        .bindByType(
                                                "notBefore", notBefore.orElse(null), Instant.class)
                                        .bind("now", now)
                                        .bindByType(
                                                "trace",
                                                Tracing.traceparent().orElse(null),
                                                String.class)
                                        .executeAndReturnGeneratedKeys("id")
                                        .mapTo(Long.class)
                                        .one());
        return find(id).orElseThrow().job();
    }

    Optional<Kept> find(long id) {
        return jdbi.withHandle(
                handle ->
                        handle.select("select * from job where id = ?", id)
                                .map((row, context) -> kept(row))
                                .findOne());
    }

    /**
     * The job that is to be advanced now on a gateway: the one that has begun, else the first whose
     * window is open.
     */
    Optional<Kept> first(GatewayId gateway) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        "select * from job where account = :account and client_id = :clientId and "
                                                + UNFINISHED
                                                + " and (state <> 'QUEUED' or not_before is null or not_before <= :now)"
                                                + " order by case when state = 'QUEUED' then 1 else 0 end, id fetch first 1 rows only")
                                .bind("account", gateway.account())
                                .bind("clientId", gateway.clientId())
                                .bind("now", Instant.now())
                                .map((row, context) -> kept(row))
                                .findOne());
    }

    /** When the next maintenance window of a queued job begins. */
    Optional<Instant> nextWindow(GatewayId gateway) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select not_before from job where account = ? and client_id = ? and state = 'QUEUED'"
                                                + " and not_before is not null order by not_before fetch first 1 rows only",
                                        gateway.account(),
                                        gateway.clientId())
                                .mapTo(Instant.class)
                                .findOne());
    }

    List<GatewayId> gatewaysWithWork() {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        "select distinct account, client_id from job where "
                                                + UNFINISHED)
                                .map(
                                        (row, context) ->
                                                new GatewayId(row.getString(1), row.getString(2)))
                                .list());
    }

    List<Job> list(JobQuery query) {
        StringBuilder where = new StringBuilder("where 1 = 1");
        Map<String, Object> values = new LinkedHashMap<>();
        query.gateway()
                .ifPresent(
                        gateway -> {
                            where.append(" and account = :account and client_id = :clientId");
                            values.put("account", gateway.account());
                            values.put("clientId", gateway.clientId());
                        });
        query.before()
                .ifPresent(
                        before -> {
                            where.append(" and id < :before");
                            values.put("before", before);
                        });
        if (query.active()) {
            where.append(" and ").append(UNFINISHED);
        }
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        "select * from job "
                                                + where
                                                + " order by id desc fetch first "
                                                + query.limit()
                                                + " rows only")
                                .bindMap(values)
                                .map((row, context) -> kept(row).job())
                                .list());
    }

    /** The newest job for a subject on a gateway. */
    Optional<Job> newest(GatewayId gateway, Class<? extends Order> kind, String subject) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select * from job where account = ? and client_id = ? and kind = ? and subject = ?"
                                                + " order by id desc fetch first 1 rows only",
                                        gateway.account(),
                                        gateway.clientId(),
                                        kind.getSimpleName(),
                                        subject)
                                .map((row, context) -> kept(row).job())
                                .findOne());
    }

    /** The newest job on a gateway that was ordered by this origin. */
    Optional<Job> ofOrigin(GatewayId gateway, String origin) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select * from job where account = ? and client_id = ? and origin = ?"
                                                + " order by id desc fetch first 1 rows only",
                                        gateway.account(),
                                        gateway.clientId(),
                                        origin)
                                .map((row, context) -> kept(row).job())
                                .findOne());
    }

    /**
     * Writes a step and, when the state or text is new, a line of history; false when the job had
     * ended or was advanced by another aggregator meanwhile.
     *
     * @param seen the job as it was read before the step
     */
    boolean save(Job seen, Job job, Memo memo, Optional<JobEntry> entry) {
        return write(seen, job, memo, entry, Leadership.CONDITION);
    }

    /** Ends a job that has not begun; false when it has begun meanwhile. Any aggregator may. */
    boolean end(Job seen, Job job, Memo memo, Optional<JobEntry> entry) {
        return write(seen, job, memo, entry, "state = 'QUEUED' and :leader = :leader");
    }

    private boolean write(
            Job seen, Job job, Memo memo, Optional<JobEntry> entry, String condition) {
        return jdbi.inTransaction(
                handle -> {
                    boolean saved =
                            bind(
                                                    handle.createUpdate(
                                                            "update job set state = :state, restoring = :restoring, step = :step, progress = :progress,"
                                                                    + " failure = :failure, previous = :previous, memo = :memo, updated_at = :updatedAt,"
                                                                    + " ended_at = :endedAt where id = :id and updated_at = :seenAt and "
                                                                    + UNFINISHED
                                                                    + " and "
                                                                    + condition),
                                                    job,
                                                    memo)
                                            .bind("seenAt", seen.updatedAt())
                                            .bind("leader", leadership.owner())
                                            .execute()
                                    > 0;
                    if (saved && entry.isPresent()) {
                        insert(handle, job.id(), entry.get());
                    }
                    if (saved && job.state().ended()) {
                        handle.execute("delete from download_token where job = ?", job.id());
                    }
                    return saved;
                });
    }

    private static <T extends SqlStatement<T>> T bind(T statement, Job job, Memo memo) {
        return statement
                .bind("id", job.id())
                .bind("state", job.state().name())
                .bind("restoring", job.restoring())
                .bind("step", job.step())
                .bind("progress", job.progress())
                .bindByType("failure", job.failure().map(Json::write).orElse(null), String.class)
                .bindByType("previous", job.previous().map(Json::write).orElse(null), String.class)
                .bind("memo", Json.write(memo))
                .bind("updatedAt", job.updatedAt())
                .bindByType("endedAt", job.endedAt().orElse(null), Instant.class);
    }

    /** The trace that a job belongs to. */
    Optional<String> trace(long job) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select trace from job where id = ? and trace is not null",
                                        job)
                                .mapTo(String.class)
                                .findOne());
    }

    /** Notes that a person wants a job to end. */
    void wantCancelled(long job) {
        jdbi.useHandle(
                handle -> handle.execute("update job set cancel_wanted = true where id = ?", job));
    }

    boolean isCancelWanted(long job) {
        return jdbi.withHandle(
                handle ->
                        handle.select("select cancel_wanted from job where id = ?", job)
                                .mapTo(Boolean.class)
                                .findOne()
                                .orElse(false));
    }

    void log(long job, JobEntry entry) {
        jdbi.useHandle(handle -> insert(handle, job, entry));
    }

    private static void insert(Handle handle, long job, JobEntry entry) {
        handle.execute(
                "insert into job_entry (job, at, state, restoring, message) values (?, ?, ?, ?, ?)",
                job,
                entry.at(),
                entry.state().name(),
                entry.restoring(),
                entry.message());
    }

    List<JobEntry> history(long job) {
        return jdbi.withHandle(
                handle ->
                        handle.select("select * from job_entry where job = ? order by id", job)
                                .map(
                                        (row, context) ->
                                                new JobEntry(
                                                        Rows.instant(row, "at"),
                                                        JobState.valueOf(row.getString("state")),
                                                        row.getBoolean("restoring"),
                                                        row.getString("message")))
                                .list());
    }

    /** A new token for one package of one job. */
    String issueToken(long job, PackageId packageId, Instant expiresAt) {
        String token = Secrets.token();
        jdbi.useHandle(
                handle ->
                        handle.execute(
                                "insert into download_token (token_hash, job, package_name, package_version, expires_at) values (?, ?, ?, ?, ?)",
                                Secrets.hash(token),
                                job,
                                packageId.name(),
                                packageId.version(),
                                expiresAt));
        return token;
    }

    Optional<Token> token(String token) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select job, package_name, package_version from download_token where token_hash = ? and expires_at > ?",
                                        Secrets.hash(token),
                                        Instant.now())
                                .map(
                                        (row, context) ->
                                                new Token(
                                                        row.getLong(1),
                                                        new PackageId(
                                                                row.getString(2),
                                                                row.getString(3))))
                                .findOne());
    }

    DesiredState desired(GatewayId gateway) {
        return jdbi.withHandle(handle -> desired(handle, gateway));
    }

    private static DesiredState desired(Handle handle, GatewayId gateway) {
        return handle.select(
                        "select state from desired_state where account = ? and client_id = ?",
                        gateway.account(),
                        gateway.clientId())
                .mapTo(String.class)
                .findOne()
                .map(text -> Json.read(text, DesiredState.class))
                .orElse(DesiredState.NOTHING);
    }

    /** Replaces what is desired by what is made of it; no other change comes in between. */
    void changeDesired(GatewayId gateway, UnaryOperator<DesiredState> change) {
        jdbi.useTransaction(
                handle -> {
                    handle.select(
                                    "select client_id from gateway where account = ? and client_id = ? for update",
                                    gateway.account(),
                                    gateway.clientId())
                            .mapTo(String.class)
                            .findOne();
                    DesiredState before = desired(handle, gateway);
                    DesiredState after = change.apply(before);
                    if (!after.equals(before)) {
                        desire(handle, gateway, after);
                    }
                });
    }

    private static void desire(Handle handle, GatewayId gateway, DesiredState desired) {
        handle.createUpdate(
                        """
                        merge into desired_state using (values (cast(:account as varchar), cast(:clientId as varchar)))
                            as n (account, client_id)
                        on desired_state.account = n.account and desired_state.client_id = n.client_id
                        when matched then update set state = :state, updated_at = :now
                        when not matched then insert (account, client_id, state, updated_at)
                            values (:account, :clientId, :state, :now)
                        """)
                .bind("account", gateway.account())
                .bind("clientId", gateway.clientId())
                .bind("state", Json.write(desired))
                .bind("now", Instant.now())
                .execute();
    }

    private static Kept kept(ResultSet row) throws SQLException {
        Job job =
                new Job(
                        row.getLong("id"),
                        new GatewayId(row.getString("account"), row.getString("client_id")),
                        Json.read(row.getString("job_order"), Order.class),
                        row.getString("origin"),
                        JobState.valueOf(row.getString("state")),
                        row.getBoolean("restoring"),
                        row.getString("step"),
                        row.getInt("progress"),
                        Rows.findJson(row, "failure", Job.Failure.class),
                        Rows.findJson(row, "previous", PackageId.class),
                        Rows.findInstant(row, "not_before"),
                        Rows.instant(row, "created_at"),
                        Rows.instant(row, "updated_at"),
                        Rows.findInstant(row, "ended_at"));
        return new Kept(job, Json.read(row.getString("memo"), Memo.class));
    }
}
