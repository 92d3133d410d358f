package io.karu.aggregator.audit;

import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.security.Caller;
import io.karu.aggregator.security.Role;
import io.karu.aggregator.store.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * The audit log: lines are only added, each carries the hash of the one before, so that a line
 * changed or removed in the database breaks the chain. Safe for several threads and several
 * aggregators on one database.
 */
public final class Audit {
    private static final int LONGEST_SUBJECT = 1024;
    private static final int LONGEST_OUTCOME = 256;
    private static final String SELECT =
            "select sequence, begun, at, actor, role, via, address, action, subject, outcome, previous, hash from audit_entry";

    private final Jdbi jdbi;
    private final EventBus events;
    private final Clock clock;

    public Audit(Jdbi jdbi, EventBus events, Clock clock) {
        this.jdbi = jdbi;
        this.events = events;
        this.clock = clock;
    }

    /** Who does what to which things, and from where. */
    public record Action(Caller caller, String address, String action, String subject) {
        /** The aggregator's own doing. */
        public static Action own(String action, String subject) {
            return new Action(Caller.AGGREGATOR, "", action, subject);
        }
    }

    /** How the chain was found. */
    public record Verification(boolean intact, long lines, String head, String reason) {}

    /**
     * Writes that an action begins; it must not begin when this fails.
     *
     * @return the line, for {@link #end}
     */
    public AuditEntry begin(Action action) {
        return append(action, Optional.empty(), AuditEntry.BEGUN);
    }

    /** Writes how an action ended. */
    public void end(AuditEntry begun, String outcome) {
        append(
                new Action(
                        new Caller(begun.actor(), begun.role(), begun.via()),
                        begun.address(),
                        begun.action(),
                        begun.subject()),
                Optional.of(begun.sequence()),
                outcome);
    }

    /** Writes something that is over at once. */
    public AuditEntry record(Action action, String outcome) {
        return append(action, Optional.empty(), outcome);
    }

    private AuditEntry append(Action action, Optional<Long> begun, String outcome) {
        AuditEntry entry = jdbi.inTransaction(handle -> insert(handle, action, begun, outcome));
        events.publish(new Event.Audited(entry));
        return entry;
    }

    private AuditEntry insert(Handle handle, Action action, Optional<Long> begun, String outcome) {
        Head head =
                handle.select("select sequence, hash from audit_head where id = 1 for update")
                        .map((row, context) -> head(row))
                        .one();
        AuditEntry entry =
                new AuditEntry(
                                head.sequence() + 1,
                                begun,
                                clock.instant().truncatedTo(ChronoUnit.MICROS),
                                action.caller().name(),
                                action.caller().role(),
                                action.caller().via(),
                                action.address(),
                                action.action(),
                                cut(action.subject(), LONGEST_SUBJECT),
                                cut(outcome, LONGEST_OUTCOME),
                                head.hash(),
                                "")
                        .sealed();
        handle.execute(
                "insert into audit_entry (sequence, begun, at, actor, role, via, address, action, subject, outcome, previous, hash) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                entry.sequence(),
                begun.orElse(null),
                entry.at(),
                entry.actor(),
                entry.role().name(),
                entry.via(),
                entry.address(),
                entry.action(),
                entry.subject(),
                entry.outcome(),
                entry.previous(),
                entry.hash());
        handle.execute(
                "update audit_head set sequence = ?, hash = ? where id = 1",
                entry.sequence(),
                entry.hash());
        return entry;
    }

    /** The newest lines first. */
    public List<AuditEntry> list(AuditQuery query) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        SELECT
                                                + " where (cast(? as varchar) is null or actor = ?)"
                                                + " and (cast(? as varchar) is null or lower(action) like ? or lower(subject) like ?)"
                                                + " and sequence < ? order by sequence desc fetch first ? rows only",
                                        query.actor().orElse(null),
                                        query.actor().orElse(null),
                                        query.text().orElse(null),
                                        pattern(query),
                                        pattern(query),
                                        query.before().orElse(Long.MAX_VALUE),
                                        query.limit())
                                .map((row, context) -> entry(row))
                                .list());
    }

    /** Every line in its order, read while {@code lines} runs. */
    public void export(Consumer<Stream<AuditEntry>> lines) {
        jdbi.useTransaction(
                handle -> {
                    try (Stream<AuditEntry> all =
                            handle
                                    .select(SELECT + " order by sequence")
                                    .setFetchSize(1000)
                                    .map((row, context) -> entry(row))
                                    .stream()) {
                        lines.accept(all);
                    }
                });
    }

    /**
     * Follows the whole chain. A line altered, removed or put in is found; whoever may write to the
     * database can also make the whole chain anew, which shows against the head of an earlier
     * verification or export.
     */
    public Verification verify() {
        Head head =
                jdbi.withHandle(
                        handle ->
                                handle.select("select sequence, hash from audit_head where id = 1")
                                        .map((row, context) -> head(row))
                                        .one());
        Walk walk = new Walk(head);
        export(all -> all.allMatch(walk::step));
        if (walk.reason == null && walk.sequence < head.sequence()) {
            walk.reason =
                    "lines after " + walk.sequence + " are missing: there were " + head.sequence();
        }
        return new Verification(
                walk.reason == null,
                walk.sequence,
                walk.hash,
                Optional.ofNullable(walk.reason).orElse(""));
    }

    /** One line. */
    public Optional<AuditEntry> find(long sequence) {
        return jdbi.withHandle(
                handle ->
                        handle.select(SELECT + " where sequence = ?", sequence)
                                .map((row, context) -> entry(row))
                                .findOne());
    }

    private static final class Walk {
        private final Head head;
        private long sequence;
        private String hash = "";
        private String reason;

        Walk(Head head) {
            this.head = head;
        }

        boolean step(AuditEntry entry) {
            if (entry.sequence() != sequence + 1) {
                reason = "line " + (sequence + 1) + " is missing";
            } else if (!entry.intact()) {
                reason = "line " + entry.sequence() + " was changed";
            } else if (!entry.previous().equals(hash)
                    || entry.sequence() == head.sequence() && !entry.hash().equals(head.hash())) {
                reason = "line " + entry.sequence() + " stands in another's place";
            } else {
                sequence = entry.sequence();
                hash = entry.hash();
            }
            return reason == null;
        }
    }

    private static Head head(ResultSet row) throws SQLException {
        return new Head(row.getLong("sequence"), row.getString("hash"));
    }

    private record Head(long sequence, String hash) {}

    private static String pattern(AuditQuery query) {
        return query.text()
                .map(text -> "%" + text.toLowerCase(Locale.ROOT).replaceAll("[%_\\\\]", "_") + "%")
                .orElse("");
    }

    private static String cut(String text, int longest) {
        return text.length() <= longest ? text : text.substring(0, longest);
    }

    private static AuditEntry entry(ResultSet row) throws SQLException {
        return new AuditEntry(
                row.getLong("sequence"),
                Optional.ofNullable(row.getObject("begun", Long.class)),
                Rows.instant(row, "at").truncatedTo(ChronoUnit.MICROS),
                row.getString("actor"),
                Role.valueOf(row.getString("role")),
                row.getString("via"),
                row.getString("address"),
                row.getString("action"),
                row.getString("subject"),
                row.getString("outcome"),
                row.getString("previous"),
                row.getString("hash"));
    }
}
