package io.karu.aggregator.compression;

import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;

/** Compressions as rows. */
final class CompressionStore {
    private final Jdbi jdbi;

    CompressionStore(Database database) {
        this.jdbi = database.jdbi();
    }

    /** Of a gateway, newest first. */
    List<Compression> of(GatewayId gateway) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select * from compression where account = ? and client_id = ? order by requested_at desc",
                                        gateway.account(),
                                        gateway.clientId())
                                .map((row, context) -> read(row))
                                .list());
    }

    Optional<Compression> find(GatewayId gateway, String job) {
        return of(gateway).stream().filter(each -> each.job().equals(job)).findFirst();
    }

    /** Those that the aggregator has to do something for. */
    List<Compression> open() {
        return jdbi
                .withHandle(
                        handle ->
                                handle.select(
                                                "select * from compression where registered is null order by requested_at")
                                        .map((row, context) -> read(row))
                                        .list())
                .stream()
                .filter(Compression::open)
                .toList();
    }

    void add(Compression compression) {
        jdbi.useHandle(
                handle ->
                        handle.execute(
                                """
                                insert into compression (account, client_id, job, model, parent, state, told,
                                    requested_by, requested_at, note)
                                values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                                """,
                                compression.gateway().account(),
                                compression.gateway().clientId(),
                                compression.job(),
                                compression.model(),
                                compression.parent(),
                                compression.state(),
                                compression.told().toString(),
                                compression.requestedBy(),
                                compression.requestedAt(),
                                compression.note()));
    }

    void save(Compression compression) {
        jdbi.useHandle(
                handle ->
                        handle.execute(
                                "update compression set state = ?, told = ?, registered = ?, note = ?"
                                        + " where account = ? and client_id = ? and job = ?",
                                compression.state(),
                                compression.told().toString(),
                                compression.registered().orElse(null),
                                compression.note(),
                                compression.gateway().account(),
                                compression.gateway().clientId(),
                                compression.job()));
    }

    private static Compression read(ResultSet row) throws SQLException {
        return new Compression(
                new GatewayId(row.getString("account"), row.getString("client_id")),
                row.getString("job"),
                row.getString("model"),
                row.getString("parent"),
                row.getString("state"),
                Json.tree(row.getString("told")),
                row.getString("requested_by"),
                Rows.instant(row, "requested_at"),
                Optional.ofNullable(row.getString("registered")),
                row.getString("note"));
    }
}
