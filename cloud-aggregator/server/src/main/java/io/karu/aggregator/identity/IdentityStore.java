package io.karu.aggregator.identity;

import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.GatewayCertificate.How;
import io.karu.aggregator.identity.GatewayIdentity.Enrolment;
import io.karu.aggregator.identity.GatewayIdentity.Login;
import io.karu.aggregator.identity.GatewayIdentity.Means;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Rows;
import io.karu.aggregator.store.Secrets;
import io.karu.aggregator.store.Upsert;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** Identities as rows. */
final class IdentityStore {
    private static final String BY_GATEWAY = " where account = ? and client_id = ?";

    private final Jdbi jdbi;

    /** A row, before it is judged by the clock. */
    record Row(
            boolean certificateRequired,
            Optional<Login> login,
            Enrolment enrolment,
            boolean newKey) {
        static final Row EMPTY =
                new Row(
                        false,
                        Optional.empty(),
                        new Enrolment(Enrolment.Status.NONE, "", Optional.empty()),
                        false);
    }

    IdentityStore(Database database) {
        this.jdbi = database.jdbi();
    }

    Row row(GatewayId gateway) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select * from gateway_identity" + BY_GATEWAY,
                                        gateway.account(),
                                        gateway.clientId())
                                .map((row, context) -> row(row))
                                .findOne()
                                .orElse(Row.EMPTY));
    }

    Map<GatewayId, Row> rows() {
        Map<GatewayId, Row> all = new LinkedHashMap<>();
        jdbi.useHandle(
                handle ->
                        handle.select("select * from gateway_identity")
                                .map((row, context) -> all.put(gateway(row), row(row)))
                                .list());
        return all;
    }

    List<GatewayId> enrolling() {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select account, client_id from gateway_identity where enrolment = ?",
                                        Enrolment.Status.RUNNING.name())
                                .map((row, context) -> gateway(row))
                                .list());
    }

    void requireCertificate(GatewayId gateway, boolean required) {
        update(gateway, "certificate_required = ?", required);
    }

    void readmit(GatewayId gateway) {
        update(
                gateway,
                "certificate_required = ?, login = cast(null as varchar), login_at = null",
                false);
    }

    void login(GatewayId gateway, Means means) {
        update(gateway, "login = ?, login_at = ?", means.name(), Instant.now());
    }

    void begin(GatewayId gateway, boolean newKey) {
        update(
                gateway,
                "enrolment = ?, step = ?, new_key = ?, begun_at = ?",
                Enrolment.Status.RUNNING.name(),
                "begins",
                newKey,
                Instant.now());
    }

    void step(GatewayId gateway, Enrolment.Status status, String step) {
        update(gateway, "enrolment = ?, step = ?", status.name(), step);
    }

    private void update(GatewayId gateway, String assignments, Object... values) {
        Object[] all = new Object[values.length + 2];
        System.arraycopy(values, 0, all, 0, values.length);
        all[values.length] = gateway.account();
        all[values.length + 1] = gateway.clientId();
        Upsert.run(
                () ->
                        jdbi.inTransaction(
                                handle -> {
                                    String sql =
                                            "update gateway_identity set "
                                                    + assignments
                                                    + BY_GATEWAY;
                                    if (handle.execute(sql, all) == 0) {
                                        handle.execute(
                                                "insert into gateway_identity (account, client_id, certificate_required, enrolment, step, new_key) values (?, ?, ?, ?, ?, ?)",
                                                gateway.account(),
                                                gateway.clientId(),
                                                false,
                                                Enrolment.Status.NONE.name(),
                                                "",
                                                false);
                                        handle.execute(sql, all);
                                    }
                                    return null;
                                }));
    }

    /** Remembers a certificate; does nothing when it is known. */
    void add(GatewayId gateway, X509Certificate certificate, How how) {
        jdbi.useTransaction(
                handle -> {
                    String fingerprint = Certificates.fingerprint(certificate);
                    if (certificate(handle, fingerprint).isPresent()) {
                        return;
                    }
                    handle.execute(
                            "insert into gateway_certificate (fingerprint, account, client_id, issuer, serial, how, not_before, not_after, known_since, pem) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                            fingerprint,
                            gateway.account(),
                            gateway.clientId(),
                            certificate.getIssuerX500Principal().getName(),
                            certificate.getSerialNumber().toString(16),
                            how.name(),
                            certificate.getNotBefore().toInstant(),
                            certificate.getNotAfter().toInstant(),
                            Instant.now(),
                            Certificates.pem(certificate));
                });
    }

    Optional<GatewayCertificate> certificate(String fingerprint) {
        return jdbi.withHandle(handle -> certificate(handle, fingerprint));
    }

    private static Optional<GatewayCertificate> certificate(Handle handle, String fingerprint) {
        return handle.select("select * from gateway_certificate where fingerprint = ?", fingerprint)
                .map((row, context) -> certificate(row))
                .findOne();
    }

    /** The newest first. */
    List<GatewayCertificate> certificates(GatewayId gateway) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select * from gateway_certificate"
                                                + BY_GATEWAY
                                                + " order by known_since desc, fingerprint",
                                        gateway.account(),
                                        gateway.clientId())
                                .map((row, context) -> certificate(row))
                                .list());
    }

    /** The newest of each gateway. */
    Map<GatewayId, GatewayCertificate> newest() {
        Map<GatewayId, GatewayCertificate> newest = new LinkedHashMap<>();
        jdbi.useHandle(
                handle ->
                        handle.select(
                                        "select * from gateway_certificate order by known_since, fingerprint")
                                .map((row, context) -> certificate(row))
                                .forEach(found -> newest.put(found.gateway(), found)));
        return newest;
    }

    /** Revokes all that are not yet; how many. */
    int revoke(GatewayId gateway, String reason) {
        return jdbi.inTransaction(
                handle -> {
                    Instant now = Instant.now();
                    list(handle, gateway, now);
                    return handle.execute(
                            "update gateway_certificate set revoked_at = ?, revoked_reason = ?"
                                    + BY_GATEWAY
                                    + " and revoked_at is null",
                            now,
                            reason,
                            gateway.account(),
                            gateway.clientId());
                });
    }

    /** Lists what a gateway has as revoked; the list outlives the gateway. */
    void outlive(GatewayId gateway) {
        jdbi.useTransaction(handle -> list(handle, gateway, Instant.now()));
    }

    private static void list(Handle handle, GatewayId gateway, Instant now) {
        handle.execute(
                "insert into revoked_certificate (fingerprint, issuer, serial, not_after, revoked_at) select fingerprint, issuer, serial, not_after, ? from gateway_certificate"
                        + BY_GATEWAY
                        + " and not_after > ? and not exists (select 1 from revoked_certificate r where r.fingerprint = gateway_certificate.fingerprint)",
                now,
                gateway.account(),
                gateway.clientId(),
                now);
    }

    /** Serial numbers of an issuer's revoked certificates that have not expired. */
    Map<BigInteger, Instant> revoked(String issuer, Instant now) {
        Map<BigInteger, Instant> revoked = new TreeMap<>();
        jdbi.useHandle(
                handle ->
                        handle.select(
                                        "select serial, revoked_at from revoked_certificate where issuer = ? and not_after > ?",
                                        issuer,
                                        now)
                                .map(
                                        (row, context) ->
                                                revoked.put(
                                                        new BigInteger(row.getString("serial"), 16),
                                                        Rows.instant(row, "revoked_at")))
                                .list());
        return revoked;
    }

    void addToken(GatewayId gateway, String token, Instant expires) {
        jdbi.useHandle(
                handle ->
                        handle.execute(
                                "insert into enrolment_token (token_hash, account, client_id, expires_at) values (?, ?, ?, ?)",
                                Secrets.hash(token),
                                gateway.account(),
                                gateway.clientId(),
                                expires));
    }

    /** Takes a token for its one use; absent when it is unknown, used or expired. */
    Optional<GatewayId> useToken(String token) {
        String hash = Secrets.hash(token);
        return jdbi.inTransaction(
                handle -> {
                    int taken =
                            handle.execute(
                                    "update enrolment_token set used_at = ? where token_hash = ? and used_at is null and expires_at > ?",
                                    Instant.now(),
                                    hash,
                                    Instant.now());
                    return taken == 0
                            ? Optional.empty()
                            : handle.select(
                                            "select account, client_id from enrolment_token where token_hash = ?",
                                            hash)
                                    .map((row, context) -> gateway(row))
                                    .findOne();
                });
    }

    private static GatewayId gateway(ResultSet row) throws SQLException {
        return new GatewayId(row.getString("account"), row.getString("client_id"));
    }

    private static Row row(ResultSet row) throws SQLException {
        Optional<Instant> at = Rows.findInstant(row, "login_at");
        Optional<String> means = Rows.findString(row, "login");
        return new Row(
                row.getBoolean("certificate_required"),
                at.map(when -> new Login(Means.valueOf(means.orElseThrow()), when)),
                new Enrolment(
                        Enrolment.Status.valueOf(row.getString("enrolment")),
                        row.getString("step"),
                        Rows.findInstant(row, "begun_at")),
                row.getBoolean("new_key"));
    }

    private static GatewayCertificate certificate(ResultSet row) throws SQLException {
        return new GatewayCertificate(
                row.getString("fingerprint"),
                gateway(row),
                row.getString("issuer"),
                row.getString("serial"),
                How.valueOf(row.getString("how")),
                Rows.instant(row, "not_before"),
                Rows.instant(row, "not_after"),
                Rows.instant(row, "known_since"),
                Rows.findInstant(row, "revoked_at"),
                Rows.findString(row, "revoked_reason"));
    }
}
