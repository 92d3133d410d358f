package io.karu.aggregator.registry;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.registry.RegisteredModel.VersionNotes;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Rows;
import io.karu.aggregator.store.Upsert;
import io.karu.api.model.ModelRef;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** Models, their descriptions and tags as rows. */
public final class DatabaseRegisteredModels implements RegisteredModels {
    private static final Pattern TAG = Pattern.compile("[\\w. /:-]{1,250}");

    private static final String SELECT =
            """
            select m.*, (select count(*) from model_version v where v.name = m.name) as versions
            from model m
            """;

    private final Jdbi jdbi;
    private final EventBus events;

    public DatabaseRegisteredModels(Database database, EventBus events) {
        this.jdbi = database.jdbi();
        this.events = events;
    }

    @Override
    public List<RegisteredModel> list() {
        return jdbi.withHandle(
                handle -> {
                    Map<String, Map<String, String>> tags = new HashMap<>();
                    handle.select("select name, tag, content from model_tag")
                            .map(
                                    (row, context) ->
                                            tags.computeIfAbsent(
                                                            row.getString("name"),
                                                            name -> new TreeMap<>())
                                                    .put(
                                                            row.getString("tag"),
                                                            row.getString("content")))
                            .list();
                    return handle.select(SELECT + "order by m.name")
                            .map(
                                    (row, context) ->
                                            model(
                                                    row,
                                                    tags.getOrDefault(
                                                            row.getString("name"), Map.of())))
                            .list();
                });
    }

    @Override
    public Optional<RegisteredModel> find(String name) {
        return jdbi.withHandle(handle -> find(handle, name));
    }

    private static Optional<RegisteredModel> find(Handle handle, String name) {
        Map<String, String> tags = tags(handle, "select * from model_tag where name = ?", name);
        return handle.select(SELECT + "where m.name = ?", name)
                .map((row, context) -> model(row, tags))
                .findOne();
    }

    private static Map<String, String> tags(Handle handle, String select, Object... of) {
        Map<String, String> tags = new TreeMap<>();
        handle.select(select, of)
                .map((row, context) -> tags.put(row.getString("tag"), row.getString("content")))
                .list();
        return tags;
    }

    @Override
    public RegisteredModel get(String name) {
        return find(name).orElseThrow(() -> unknown(name));
    }

    @Override
    public RegisteredModel create(
            String name, String description, Map<String, String> tags, String createdBy) {
        requireName(name);
        requireText("the description", description);
        tags.forEach(DatabaseRegisteredModels::requireTag);
        boolean created =
                jdbi.inTransaction(
                        handle -> {
                            boolean isNew = ensure(handle, name, createdBy);
                            if (isNew) {
                                handle.execute(
                                        "update model set description = ? where name = ?",
                                        description,
                                        name);
                                tags.forEach(
                                        (tag, content) ->
                                                handle.execute(
                                                        "insert into model_tag (name, tag, content) values (?, ?, ?)",
                                                        name,
                                                        tag,
                                                        content));
                            }
                            return isNew;
                        });
        if (!created) {
            throw exists(name);
        }
        events.publish(new Event.ModelChanged(name));
        return get(name);
    }

    /** Makes the model's row unless it is there; whether it was made. */
    static boolean ensure(Handle handle, String name, String createdBy) {
        Instant now = now();
        return handle.createUpdate(
                                """
                                merge into model as m
                                using (select cast(:name as varchar(64)) as name) as wanted on m.name = wanted.name
                                when not matched then insert (name, description, counter, created_at, created_by, updated_at)
                                    values (wanted.name, '', 0, :at, :by, :at)
                                """)
                        .bind("name", name)
                        .bind("at", now)
                        .bind("by", createdBy)
                        .execute()
                > 0;
    }

    @Override
    public RegisteredModel describe(String name, String description) {
        requireText("the description", description);
        change(
                name,
                handle ->
                        handle.execute(
                                "update model set description = ? where name = ?",
                                description,
                                name));
        return get(name);
    }

    @Override
    public RegisteredModel rename(String name, String newName) {
        requireName(newName);
        if (!name.equals(newName) && find(newName).isPresent()) {
            throw exists(newName);
        }
        requireWithoutVersions(get(name), "renamed: its name is a part of each signed version");
        change(
                name,
                handle -> {
                    handle.execute(
                            """
                            insert into model (name, description, counter, created_at, created_by, updated_at)
                            select cast(? as varchar(64)), description, counter, created_at, created_by, updated_at
                            from model where name = ?
                            """,
                            newName,
                            name);
                    handle.execute("update model_tag set name = ? where name = ?", newName, name);
                    handle.execute("delete from model where name = ?", name);
                });
        events.publish(new Event.ModelChanged(newName));
        return get(newName);
    }

    @Override
    public void remove(String name) {
        requireWithoutVersions(get(name), "removed: remove its versions first");
        change(name, handle -> handle.execute("delete from model where name = ?", name));
    }

    private static void requireWithoutVersions(RegisteredModel model, String what) {
        if (model.versions() > 0) {
            throw new AggregatorException(
                    Code.MODEL_IN_USE,
                    "model \""
                            + model.name()
                            + "\" has "
                            + model.versions()
                            + " versions and cannot be "
                            + what);
        }
    }

    @Override
    public void tag(String name, String tag, String content) {
        requireTag(tag, content);
        change(
                name,
                handle ->
                        handle.createUpdate(
                                        """
                                        merge into model_tag as t
                                        using (select cast(:name as varchar(64)) as name, cast(:tag as varchar(250)) as tag,
                                            cast(:content as varchar) as content) as wanted
                                        on t.name = wanted.name and t.tag = wanted.tag
                                        when matched then update set content = wanted.content
                                        when not matched then insert (name, tag, content) values (wanted.name, wanted.tag, wanted.content)
                                        """)
                                .bind("name", name)
                                .bind("tag", tag)
                                .bind("content", content)
                                .execute());
    }

    @Override
    public void untag(String name, String tag) {
        change(
                name,
                handle ->
                        handle.execute(
                                "delete from model_tag where name = ? and tag = ?", name, tag));
    }

    @Override
    public VersionNotes notes(ModelVersion version) {
        return jdbi.withHandle(
                handle -> {
                    Map<String, String> tags =
                            tags(
                                    handle,
                                    "select * from model_version_tag where name = ? and digest = ?",
                                    version.name(),
                                    version.digest());
                    return handle.select(
                                    "select description, coalesce(updated_at, registered_at) as changed from model_version where name = ? and digest = ?",
                                    version.name(),
                                    version.digest())
                            .map(
                                    (row, context) ->
                                            new VersionNotes(
                                                    row.getString("description"),
                                                    tags,
                                                    Rows.instant(row, "changed")))
                            .findOne()
                            .orElseThrow(() -> unknown(version.name()));
                });
    }

    @Override
    public void describe(ModelVersion version, String description) {
        requireText("the description", description);
        change(
                version,
                handle ->
                        handle.execute(
                                "update model_version set description = ? where name = ? and digest = ?",
                                description,
                                version.name(),
                                version.digest()));
    }

    @Override
    public void tag(ModelVersion version, String tag, String content) {
        requireTag(tag, content);
        change(
                version,
                handle ->
                        handle.createUpdate(
                                        """
                                        merge into model_version_tag as t
                                        using (select cast(:name as varchar(64)) as name, cast(:digest as varchar(71)) as digest,
                                            cast(:tag as varchar(250)) as tag, cast(:content as varchar) as content) as wanted
                                        on t.name = wanted.name and t.digest = wanted.digest and t.tag = wanted.tag
                                        when matched then update set content = wanted.content
                                        when not matched then insert (name, digest, tag, content)
                                            values (wanted.name, wanted.digest, wanted.tag, wanted.content)
                                        """)
                                .bind("name", version.name())
                                .bind("digest", version.digest())
                                .bind("tag", tag)
                                .bind("content", content)
                                .execute());
    }

    @Override
    public void untag(ModelVersion version, String tag) {
        change(
                version,
                handle ->
                        handle.execute(
                                "delete from model_version_tag where name = ? and digest = ? and tag = ?",
                                version.name(),
                                version.digest(),
                                tag));
    }

    private void change(ModelVersion version, Consumer<Handle> change) {
        change(
                version.name(),
                handle -> {
                    change.accept(handle);
                    handle.execute(
                            "update model_version set updated_at = ? where name = ? and digest = ?",
                            now(),
                            version.name(),
                            version.digest());
                });
    }

    private void change(String name, Consumer<Handle> change) {
        Upsert.run(
                () ->
                        jdbi.inTransaction(
                                handle -> {
                                    int known =
                                            handle.execute(
                                                    "update model set updated_at = ? where name = ?",
                                                    now(),
                                                    name);
                                    if (known == 0) {
                                        throw unknown(name);
                                    }
                                    change.accept(handle);
                                    return known;
                                }));
        events.publish(new Event.ModelChanged(name));
    }

    private static void requireName(String name) {
        try {
            ModelRef.requireName(name);
        } catch (IllegalArgumentException e) {
            throw new AggregatorException(Code.INVALID_ARGUMENT, e.getMessage(), e);
        }
    }

    private static void requireTag(String tag, String content) {
        if (!TAG.matcher(tag).matches()) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "tag \""
                            + tag
                            + "\": use 1 to 250 letters, digits, blanks or any of '_', '-', '.', '/', ':'");
        }
        requireText("tag " + tag, content);
    }

    private static void requireText(String what, String text) {
        if (text.length() > LONGEST_TEXT) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    what + " has " + text.length() + " characters, at most " + LONGEST_TEXT);
        }
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    static AggregatorException unknown(String name) {
        return new AggregatorException(
                Code.MODEL_NOT_FOUND, "no model \"" + name + "\" is registered");
    }

    private static AggregatorException exists(String name) {
        return new AggregatorException(
                Code.MODEL_EXISTS, "a model \"" + name + "\" is registered already");
    }

    private static RegisteredModel model(ResultSet row, Map<String, String> tags)
            throws SQLException {
        return new RegisteredModel(
                row.getString("name"),
                row.getString("description"),
                tags,
                row.getInt("versions"),
                Rows.instant(row, "created_at"),
                row.getString("created_by"),
                Rows.instant(row, "updated_at"));
    }
}
