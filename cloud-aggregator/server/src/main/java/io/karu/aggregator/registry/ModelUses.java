package io.karu.aggregator.registry;

import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Rows;
import io.karu.aggregator.store.Upsert;
import io.karu.aggregator.verdict.StoredVerdict;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which version each station decided with last, as its verdicts say. A time is written at most
 * every few minutes, a change at once. Thread-safe.
 */
public final class ModelUses implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelUses.class);
    private static final Duration BETWEEN_WRITES = Duration.ofMinutes(5);

    private record Station(GatewayId gateway, String name) {}

    private record Seen(String digest, Instant written) {}

    /**
     * A station and what it decides with.
     *
     * @param since its first verdict with that version, as far as known
     * @param lastAt when it was last known to decide with it
     */
    public record Use(
            GatewayId gateway, String station, String digest, Instant since, Instant lastAt) {}

    private final Jdbi jdbi;
    private final EventBus events;
    private final EventBus.Subscription subscription;
    private final Map<Station, Seen> seen = new ConcurrentHashMap<>();

    public ModelUses(Database database, EventBus events) {
        this.jdbi = database.jdbi();
        this.events = events;
        this.subscription = events.subscribe(this::on);
    }

    /** The stations that decided last with one of a model's versions, by gateway and station. */
    public List<Use> of(String model) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        """
                                        select * from model_use
                                        where digest in (select digest from model_version where name = ?)
                                        order by account, client_id, station
                                        """,
                                        model)
                                .map(
                                        (row, context) ->
                                                new Use(
                                                        new GatewayId(
                                                                row.getString("account"),
                                                                row.getString("client_id")),
                                                        row.getString("station"),
                                                        row.getString("digest"),
                                                        Rows.instant(row, "since"),
                                                        Rows.instant(row, "last_at")))
                                .list());
    }

    private void on(Event event) {
        if (event instanceof Event.VerdictsStored stored) {
            lastModels(stored.verdicts()).forEach(this::saw);
        } else if (event instanceof Event.GatewayRemoved removed) {
            seen.keySet().removeIf(station -> station.gateway().equals(removed.gateway()));
        }
    }

    private static Map<Station, String> lastModels(List<StoredVerdict> verdicts) {
        Map<Station, String> last = new LinkedHashMap<>();
        for (StoredVerdict verdict : verdicts) {
            verdict.model()
                    .ifPresent(
                            digest ->
                                    last.put(
                                            new Station(verdict.gateway(), verdict.station()),
                                            digest));
        }
        return last;
    }

    private void saw(Station station, String digest) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        Seen before = seen.get(station);
        if (before != null
                && before.digest().equals(digest)
                && before.written().plus(BETWEEN_WRITES).isAfter(now)) {
            return;
        }
        try {
            boolean changed = Upsert.run(() -> write(station, digest, now));
            seen.put(station, new Seen(digest, now));
            if (changed) {
                nameOf(digest).ifPresent(model -> events.publish(new Event.ModelChanged(model)));
            }
        } catch (RuntimeException e) {
            LOG.warn("What station {} decides with could not be kept", station, e);
        }
    }

    private Optional<String> nameOf(String digest) {
        return jdbi.withHandle(
                handle ->
                        handle.select("select name from model_version where digest = ?", digest)
                                .mapTo(String.class)
                                .findFirst());
    }

    /** Whether the version is another one than before. */
    private boolean write(Station station, String digest, Instant now) {
        return jdbi.inTransaction(
                handle -> {
                    Optional<String> before =
                            handle.select(
                                            "select digest from model_use where account = ? and client_id = ? and station = ?",
                                            station.gateway().account(),
                                            station.gateway().clientId(),
                                            station.name())
                                    .mapTo(String.class)
                                    .findOne();
                    boolean same = before.filter(digest::equals).isPresent();
                    String statement =
                            before.isEmpty()
                                    ? "insert into model_use (account, client_id, station, digest, since, last_at) values (:account, :client, :station, :digest, :now, :now)"
                                    : same
                                            ? "update model_use set last_at = :now where account = :account and client_id = :client and station = :station"
                                            : "update model_use set digest = :digest, since = :now, last_at = :now where account = :account and client_id = :client and station = :station";
                    var update =
                            handle.createUpdate(statement)
                                    .bind("account", station.gateway().account())
                                    .bind("client", station.gateway().clientId())
                                    .bind("station", station.name())
                                    .bind("now", now);
                    if (!same) {
                        update.bind("digest", digest);
                    }
                    update.execute();
                    return !same;
                });
    }

    @Override
    public void close() {
        subscription.close();
    }
}
