package io.karu.aggregator.registry;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Rows;
import io.karu.aggregator.store.Upsert;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** Aliases as rows, with every move kept. */
public final class DatabaseModelAliases implements ModelAliases {
    private static final int MOST_MOVES = 200;
    private static final int LONGEST_SITE = 128;

    private final Jdbi jdbi;
    private final ModelRegistry versions;
    private final EventBus events;

    public DatabaseModelAliases(Database database, ModelRegistry versions, EventBus events) {
        this.jdbi = database.jdbi();
        this.versions = versions;
        this.events = events;
    }

    @Override
    public List<ModelAlias> list() {
        return jdbi.withHandle(
                handle ->
                        handle.select("select * from model_alias order by name, alias, site")
                                .map((row, context) -> alias(row))
                                .list());
    }

    @Override
    public List<ModelAlias> list(String model) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select * from model_alias where name = ? order by alias, site",
                                        model)
                                .map((row, context) -> alias(row))
                                .list());
    }

    @Override
    public Optional<ModelVersion> meaning(String model, String alias, String site) {
        List<ModelAlias> meanings =
                list(model).stream().filter(known -> known.alias().equals(alias)).toList();
        return meanings.stream()
                .filter(known -> known.site().equals(site))
                .findFirst()
                .or(
                        () ->
                                meanings.stream()
                                        .filter(m -> m.site().equals(ModelAlias.EVERYWHERE))
                                        .findFirst())
                .map(known -> versions.get(model, known.digest()));
    }

    @Override
    public ModelAlias move(String model, String alias, String site, String digest, String movedBy) {
        ModelAlias.requireName(alias);
        requireSite(site);
        String full = versions.get(model, digest).digest();
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        ModelAlias wanted = new ModelAlias(model, alias, site, full, 1, now, movedBy);
        boolean moved = Upsert.run(() -> jdbi.inTransaction(handle -> move(handle, wanted)));
        if (moved) {
            events.publish(new Event.ModelChanged(model));
        }
        return list(model).stream()
                .filter(known -> known.alias().equals(alias) && known.site().equals(site))
                .findFirst()
                .orElse(wanted);
    }

    private static boolean move(Handle handle, ModelAlias wanted) {
        Optional<String> now =
                handle.select(
                                "select digest from model_alias where name = ? and alias = ? and site = ? for update",
                                wanted.model(),
                                wanted.alias(),
                                wanted.site())
                        .mapTo(String.class)
                        .findOne();
        if (now.filter(wanted.digest()::equals).isPresent()) {
            return false;
        }
        String statement =
                now.isPresent()
                        ? "update model_alias set digest = :digest, generation = generation + 1, moved_at = :at, moved_by = :by where name = :model and alias = :alias and site = :site"
                        : "insert into model_alias (name, alias, site, digest, generation, moved_at, moved_by) values (:model, :alias, :site, :digest, 1, :at, :by)";
        handle.createUpdate(statement)
                .bind("model", wanted.model())
                .bind("alias", wanted.alias())
                .bind("site", wanted.site())
                .bind("digest", wanted.digest())
                .bind("at", wanted.movedAt())
                .bind("by", wanted.movedBy())
                .execute();
        keep(handle, wanted, Optional.of(wanted.digest()));
        return true;
    }

    @Override
    public void remove(String model, String alias, String site, String removedBy) {
        versions.versions(model);
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        int removed =
                jdbi.inTransaction(
                        handle -> {
                            int gone =
                                    handle.execute(
                                            "delete from model_alias where name = ? and alias = ? and site = ?",
                                            model,
                                            alias,
                                            site);
                            if (gone > 0) {
                                keep(
                                        handle,
                                        new ModelAlias(model, alias, site, "", 0, now, removedBy),
                                        Optional.empty());
                            }
                            return gone;
                        });
        if (removed > 0) {
            events.publish(new Event.ModelChanged(model));
        }
    }

    private static void keep(Handle handle, ModelAlias alias, Optional<String> digest) {
        handle.createUpdate(
                        """
                        insert into model_alias_move (name, alias, site, digest, moved_at, moved_by)
                        values (:model, :alias, :site, :digest, :at, :by)
                        """)
                .bind("model", alias.model())
                .bind("alias", alias.alias())
                .bind("site", alias.site())
                .bind("digest", digest.orElse(null))
                .bind("at", alias.movedAt())
                .bind("by", alias.movedBy())
                .execute();
    }

    @Override
    public List<ModelAlias.Move> history(String model) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select * from model_alias_move where name = ? order by id desc fetch first "
                                                + MOST_MOVES
                                                + " rows only",
                                        model)
                                .map(
                                        (row, context) ->
                                                new ModelAlias.Move(
                                                        row.getString("alias"),
                                                        row.getString("site"),
                                                        Rows.findString(row, "digest"),
                                                        Rows.instant(row, "moved_at"),
                                                        row.getString("moved_by")))
                                .list());
    }

    private static void requireSite(String site) {
        if (site.length() > LONGEST_SITE || !site.equals(site.strip())) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "site \"" + site + "\": use the name of a site, or none for everywhere");
        }
    }

    private static ModelAlias alias(ResultSet row) throws SQLException {
        return new ModelAlias(
                row.getString("name"),
                row.getString("alias"),
                row.getString("site"),
                row.getString("digest"),
                row.getInt("generation"),
                Rows.instant(row, "moved_at"),
                row.getString("moved_by"));
    }
}
