package io.karu.aggregator.fleet;

import com.fasterxml.jackson.core.type.TypeReference;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Rows;
import io.karu.aggregator.store.Upsert;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** Gateways as rows. */
public final class GatewayStore {
    private static final TypeReference<List<Drift>> DRIFTS = new TypeReference<>() {};

    /** How long a conflict is shown after it was noticed last. */
    private static final Duration CONFLICT_SHOWN = Duration.ofMinutes(10);

    private final Jdbi jdbi;

    /** A gateway's user name and the salted hash of its password. */
    public record Login(GatewayId gateway, String userName, String passwordHash) {
        @Override
        public String toString() {
            return "Login[" + gateway + "]";
        }
    }

    public GatewayStore(Database database) {
        this.jdbi = database.jdbi();
    }

    public List<Gateway> list() {
        return jdbi.withHandle(
                handle -> {
                    Map<GatewayId, SortedSet<String>> tags = new TreeMap<>();
                    handle.createQuery("select account, client_id, tag from gateway_tag")
                            .map(
                                    (row, context) ->
                                            tags.computeIfAbsent(id(row), id -> new TreeSet<>())
                                                    .add(row.getString("tag")))
                            .list();
                    return handle.createQuery("select * from gateway order by client_id")
                            .map(
                                    (row, context) ->
                                            gateway(
                                                    row,
                                                    tags.getOrDefault(
                                                            id(row), Collections.emptySortedSet())))
                            .list();
                });
    }

    public Optional<Gateway> find(GatewayId id) {
        return jdbi.withHandle(handle -> find(handle, id));
    }

    /** The gateway with this client id, of whatever account. */
    Optional<GatewayId> named(String clientId) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select account, client_id from gateway where client_id = ?",
                                        clientId)
                                .map((row, context) -> id(row))
                                .findOne());
    }

    private static Optional<Gateway> find(Handle handle, GatewayId id) {
        SortedSet<String> tags =
                new TreeSet<>(
                        handle.select(
                                        "select tag from gateway_tag where account = ? and client_id = ?",
                                        id.account(),
                                        id.clientId())
                                .mapTo(String.class)
                                .list());
        return handle.select(
                        "select * from gateway where account = ? and client_id = ?",
                        id.account(),
                        id.clientId())
                .map((row, context) -> gateway(row, tags))
                .findOne();
    }

    /** Adds a gateway without login when it is not known; whether it was added. */
    boolean addIfAbsent(GatewayId id, Presence presence, String reason) {
        return Upsert.run(
                () ->
                        jdbi.inTransaction(
                                handle -> {
                                    if (find(handle, id).isPresent()) {
                                        return false;
                                    }
                                    addAccount(handle, id.account());
                                    handle.createUpdate(
                                                    """
                                    insert into gateway (account, client_id, presence, reason, since, drift)
                                    values (:account, :clientId, :presence, :reason, :now, '[]')
                                    """)
                                            .bind("account", id.account())
                                            .bind("clientId", id.clientId())
                                            .bind("presence", presence.name())
                                            .bind("reason", reason)
                                            .bind("now", Instant.now())
                                            .execute();
                                    return true;
                                }));
    }

    private static void addAccount(Handle handle, String account) {
        handle.createUpdate(
                        """
                        merge into account using (values (cast(:name as varchar))) as n (name) on account.name = n.name
                        when not matched then insert (name) values (:name)
                        """)
                .bind("name", account)
                .execute();
    }

    void setLogin(GatewayId id, String userName, String passwordHash) {
        jdbi.useHandle(
                handle ->
                        handle.execute(
                                "update gateway set user_name = ?, password_hash = ? where account = ? and client_id = ?",
                                userName,
                                passwordHash,
                                id.account(),
                                id.clientId()));
    }

    Optional<Login> login(String userName) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select account, client_id, user_name, password_hash from gateway where user_name = ?",
                                        userName)
                                .map(
                                        (row, context) ->
                                                new Login(
                                                        id(row),
                                                        row.getString("user_name"),
                                                        row.getString("password_hash")))
                                .findOne());
    }

    /** Every login, by user name. */
    public List<Login> logins() {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        select account, client_id, user_name, password_hash from gateway
                                        where user_name is not null order by user_name
                                        """)
                                .map(
                                        (row, context) ->
                                                new Login(
                                                        id(row),
                                                        row.getString("user_name"),
                                                        row.getString("password_hash")))
                                .list());
    }

    void describe(GatewayId id, String site, Set<String> tags) {
        Upsert.run(
                () ->
                        jdbi.inTransaction(
                                handle -> {
                                    if (!site.isEmpty()) {
                                        handle.createUpdate(
                                                        """
                                        merge into site using (values (cast(:account as varchar), cast(:name as varchar))) as n (account, name)
                                        on site.account = n.account and site.name = n.name
                                        when not matched then insert (account, name) values (:account, :name)
                                        """)
                                                .bind("account", id.account())
                                                .bind("name", site)
                                                .execute();
                                    }
                                    handle.createUpdate(
                                                    "update gateway set site = :site where account = :account and client_id = :clientId")
                                            .bindByType(
                                                    "site",
                                                    site.isEmpty() ? null : site,
                                                    String.class)
                                            .bind("account", id.account())
                                            .bind("clientId", id.clientId())
                                            .execute();
                                    handle.execute(
                                            "delete from gateway_tag where account = ? and client_id = ?",
                                            id.account(),
                                            id.clientId());
                                    for (String tag : new TreeSet<>(tags)) {
                                        handle.execute(
                                                "insert into gateway_tag (account, client_id, tag) values (?, ?, ?)",
                                                id.account(),
                                                id.clientId(),
                                                tag);
                                    }
                                    return null;
                                }));
    }

    boolean remove(GatewayId id) {
        return jdbi.withHandle(
                handle ->
                        handle.execute(
                                        "delete from gateway where account = ? and client_id = ?",
                                        id.account(),
                                        id.clientId())
                                > 0);
    }

    /** Records a change of presence; {@code since} moves only when the presence is another one. */
    void presence(GatewayId id, Presence presence, String reason, Instant now) {
        jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        update gateway set
                                            since = case when presence = :presence then since else :now end,
                                            presence = :presence, reason = :reason
                                        where account = :account and client_id = :clientId
                                        """)
                                .bind("presence", presence.name())
                                .bind("reason", reason)
                                .bind("now", now)
                                .bind("account", id.account())
                                .bind("clientId", id.clientId())
                                .execute());
    }

    /** Says more of a gateway that is online. */
    public void reason(GatewayId id, String reason) {
        jdbi.useHandle(
                handle ->
                        handle.execute(
                                "update gateway set reason = ? where account = ? and client_id = ? and presence = ?",
                                reason,
                                id.account(),
                                id.clientId(),
                                Presence.ONLINE.name()));
    }

    void lastSeen(GatewayId id, Instant at) {
        jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        "update gateway set last_seen = :at where account = :account and client_id = :clientId")
                                .bind("at", at)
                                .bind("account", id.account())
                                .bind("clientId", id.clientId())
                                .execute());
    }

    void birth(GatewayId id, BirthCertificate birth) {
        set(id, "birth", Json.write(birth));
    }

    void conflict(GatewayId id, Conflict conflict) {
        set(id, "conflict", conflict == null ? null : Json.write(conflict));
    }

    void inventory(GatewayId id, Inventory inventory) {
        set(id, "inventory", Json.write(inventory));
    }

    void health(GatewayId id, Health health) {
        set(id, "health", health == null ? null : Json.write(health));
    }

    /** Replaces what differs from the desired state. */
    public void drift(GatewayId id, List<Drift> drift) {
        set(id, "drift", Json.write(drift));
    }

    private void set(GatewayId id, String column, String value) {
        jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        "update gateway set "
                                                + column
                                                + " = :value where account = :account and client_id = :clientId")
                                .bindByType("value", value, String.class)
                                .bind("account", id.account())
                                .bind("clientId", id.clientId())
                                .execute());
    }

    private static GatewayId id(ResultSet row) throws SQLException {
        return new GatewayId(row.getString("account"), row.getString("client_id"));
    }

    private static Gateway gateway(ResultSet row, SortedSet<String> tags) throws SQLException {
        Optional<BirthCertificate> birth = Rows.findJson(row, "birth", BirthCertificate.class);
        List<Drift> drift = new ArrayList<>(Json.read(row.getString("drift"), DRIFTS));
        return new Gateway(
                id(row),
                Rows.findString(row, "site").orElse(""),
                Collections.unmodifiableSortedSet(tags),
                Presence.valueOf(row.getString("presence")),
                row.getString("reason"),
                Rows.instant(row, "since"),
                Rows.findInstant(row, "last_seen"),
                birth,
                birth.map(Requirements::missing).orElse(List.of()),
                Rows.findJson(row, "conflict", Conflict.class)
                        .filter(
                                conflict ->
                                        conflict.at().plus(CONFLICT_SHOWN).isAfter(Instant.now())),
                Rows.findJson(row, "inventory", Inventory.class),
                Rows.findJson(row, "health", Health.class),
                drift);
    }
}
