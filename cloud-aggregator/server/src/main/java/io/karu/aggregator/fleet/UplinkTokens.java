package io.karu.aggregator.fleet;

import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Secrets;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;

/**
 * Bearer tokens of gateways' uplinks, kept as hashes. A new token is valid beside the old one until
 * it is confirmed, so that a write that gets lost breaks nothing.
 */
public final class UplinkTokens {
    private final Jdbi jdbi;

    public UplinkTokens(Database database) {
        this.jdbi = database.jdbi();
    }

    /** A new token, not yet confirmed. */
    public String issue(GatewayId gateway) {
        String token = Secrets.token();
        jdbi.useHandle(
                handle ->
                        handle.execute(
                                "insert into uplink_token (token_hash, account, client_id, created_at, confirmed) values (?, ?, ?, ?, ?)",
                                Secrets.hash(token),
                                gateway.account(),
                                gateway.clientId(),
                                Instant.now(),
                                false));
        return token;
    }

    /** The gateway has this token now; the others end. */
    public void confirm(GatewayId gateway, String token) {
        String hash = Secrets.hash(token);
        jdbi.useTransaction(
                handle -> {
                    handle.execute(
                            "update uplink_token set confirmed = ? where token_hash = ?",
                            true,
                            hash);
                    handle.execute(
                            "delete from uplink_token where account = ? and client_id = ? and token_hash <> ?",
                            gateway.account(),
                            gateway.clientId(),
                            hash);
                });
    }

    /** Whether the gateway is known to have a valid token. */
    public boolean confirmed(GatewayId gateway) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                                "select count(*) from uplink_token where account = ? and client_id = ? and confirmed = ?",
                                                gateway.account(),
                                                gateway.clientId(),
                                                true)
                                        .mapTo(Long.class)
                                        .one()
                                > 0);
    }

    /** The gateway that a token belongs to. */
    public Optional<GatewayId> authenticate(String token) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select account, client_id from uplink_token where token_hash = ?",
                                        Secrets.hash(token))
                                .map(
                                        (row, context) ->
                                                new GatewayId(row.getString(1), row.getString(2)))
                                .findOne());
    }
}
