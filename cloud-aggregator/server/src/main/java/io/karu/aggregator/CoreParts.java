package io.karu.aggregator;

import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.blob.ContentFolder;
import io.karu.aggregator.blob.ContentStore;
import io.karu.aggregator.blob.S3Content;
import io.karu.aggregator.blob.S3Settings;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.metrics.Metrics;
import io.karu.aggregator.metrics.StateMetrics;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Leadership;
import io.karu.aggregator.trace.Tracing;
import io.micrometer.core.instrument.Gauge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;

/** What everything else stands on: data directory, database, leadership, events, measurements. */
final class CoreParts {
    final Settings settings;
    final Owned owned;
    final Tracing tracing;
    final Path data;
    final Metrics metrics;
    final Database database;
    final Leadership leadership;
    final EventBus events;
    final Audit audit;

    CoreParts(Settings settings, Tracing tracing, Owned owned) throws IOException {
        this.settings = settings;
        this.owned = owned;
        data = Files.createDirectories(settings.data());
        this.tracing = owned.own(tracing);
        metrics = owned.own(new Metrics());
        database = owned.own(Database.open(settings.database()));
        database.measure(metrics.registry());
        StateMetrics.bind(database, metrics);
        leadership =
                owned.own(
                        new Leadership(
                                database,
                                settings.requesterId(),
                                settings.sharedGroup().isEmpty()));
        Gauge.builder("karu.leader", leadership, l -> l.held() ? 1 : 0)
                .register(metrics.registry());
        events = owned.own(new EventBus());
        audit = new Audit(database.jdbi(), events, Clock.systemUTC());
    }

    /** Files by content: a folder of the data directory, or what S3 keeps under that name. */
    ContentStore content(String name) throws IOException {
        Optional<S3Settings> s3 = settings.s3();
        return owned.own(
                s3.isPresent()
                        ? new S3Content(s3.get().below(name), data.resolve("outgoing/" + name))
                        : new ContentFolder(data.resolve(name)));
    }
}
