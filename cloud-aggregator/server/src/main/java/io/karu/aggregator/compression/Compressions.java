package io.karu.aggregator.compression;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.GatewayReader;
import io.karu.aggregator.registry.ModelRegistry;
import io.karu.aggregator.registry.ModelReport;
import io.karu.aggregator.registry.ModelReports;
import io.karu.aggregator.registry.ModelVersion;
import io.karu.aggregator.store.Database;
import io.karu.kura.Method;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks gateways to compress a model version where it runs, follows them, and brings what they made
 * into the registry: as a version with a signed release like any other, and as a report of all
 * variants beside its parent. The gateway keeps the job, the database what was asked for, so a
 * restart of either side loses nothing. Thread-safe.
 */
public final class Compressions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Compressions.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final Duration PAUSE = Duration.ofSeconds(2);
    private static final long STOP_SECONDS = 40;

    /** Gateways that are followed at the same time: one that does not answer holds up no other. */
    private static final int FOLLOWERS = 4;

    private final CompressionStore store;
    private final GatewayReader gateways;
    private final ModelRegistry models;
    private final ModelReports reports;
    private final VersionFetch fetch;
    private final Set<String> beingFollowed = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;
    private final AtomicInteger threads = new AtomicInteger();
    private final ExecutorService followers =
            Executors.newFixedThreadPool(
                    FOLLOWERS,
                    work -> new Thread(work, "compression-" + threads.incrementAndGet()));
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "compressions"));

    /**
     * @param folder for versions on their way
     */
    public Compressions(
            Database database,
            GatewayReader gateways,
            ModelRegistry models,
            ModelReports reports,
            Path folder) {
        this.store = new CompressionStore(database);
        this.gateways = gateways;
        this.models = models;
        this.reports = reports;
        this.fetch = new VersionFetch(gateways, folder);
    }

    /** Begins to follow what is under way. */
    public void start() {
        clock.scheduleWithFixedDelay(this::follow, 0, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Asks a gateway to compress.
     *
     * @param model {@code name}, {@code name@alias} or {@code name@sha256:…} as on the gateway
     * @param budget part of its decisions that may change; empty: the gateway's own
     * @throws AggregatorException what the gateway says against it
     */
    public Compression begin(
            GatewayId gateway, String model, OptionalDouble budget, String requestedBy) {
        Map<String, Object> body = new HashMap<>(Map.of("contract", 1, "model", model));
        budget.ifPresent(value -> body.put("budget", value));
        JsonNode job = gateways.karu(gateway, Method.EXEC, "compression/start", body, TIMEOUT);
        String id = job.path("job").asText();
        Optional<Compression> known = store.find(gateway, id);
        if (known.isPresent()) {
            return known.get();
        }
        Compression begun =
                new Compression(
                        gateway,
                        id,
                        job.path("model").asText(),
                        job.path("parent").asText(),
                        job.path("state").asText(),
                        job,
                        requestedBy,
                        Instant.now().truncatedTo(ChronoUnit.MILLIS),
                        Optional.empty(),
                        "");
        store.add(begun);
        LOG.info("{} compresses {}: job {}", gateway, model, id);
        return begun;
    }

    /** What a gateway was asked for, newest first. */
    public List<Compression> list(GatewayId gateway) {
        return store.of(gateway);
    }

    /** {@code JOB_NOT_FOUND} when the gateway was not asked for it here. */
    public Compression get(GatewayId gateway, String job) {
        return store.find(gateway, job)
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.JOB_NOT_FOUND,
                                        gateway
                                                + " has no compression "
                                                + job
                                                + " of this aggregator"));
    }

    /** Ends a job; one that has ended stays as it is. */
    public Compression cancel(GatewayId gateway, String job) {
        Compression wanted = get(gateway, job);
        JsonNode now =
                gateways.karu(
                        gateway,
                        Method.EXEC,
                        "compression/cancel",
                        Map.of("contract", 1, "job", job),
                        TIMEOUT);
        Compression told = wanted.told(now);
        store.save(told);
        return told;
    }

    private void follow() {
        try {
            for (Compression each : store.open()) {
                String key = each.gateway() + " " + each.job();
                if (!stopping && beingFollowed.add(key)) {
                    followers.execute(
                            () -> {
                                try {
                                    follow(each);
                                } finally {
                                    beingFollowed.remove(key);
                                }
                            });
                }
            }
        } catch (RejectedExecutionException e) {
            LOG.debug("Compressions are not followed: stopping");
        } catch (RuntimeException e) {
            LOG.warn("Compressions cannot be followed now", e);
        }
    }

    private void follow(Compression compression) {
        Compression now = compression;
        try {
            if (!now.ended()) {
                now = asked(now);
            }
            if (now.state().equals("SUCCEEDED") && now.registered().isEmpty()) {
                now = register(now);
            }
            if (now.ended()) {
                report(now);
            }
        } catch (AggregatorException e) {
            now =
                    e.code() == Code.MODEL_INVALID
                            ? ended(now, "what the gateway made is no version: " + e.getMessage())
                            : now.noted(e.getMessage());
        } catch (IOException | RuntimeException e) {
            LOG.warn("Compression {} of {} is tried again", now.job(), now.gateway(), e);
            now = now.noted("trying again: " + e.getMessage());
        }
        if (!now.equals(compression)) {
            store.save(now);
        }
    }

    private static Compression ended(Compression compression, String why) {
        ObjectNode told = compression.told().deepCopy();
        told.put("state", "FAILED").put("reason", why);
        return compression.told(told).noted("");
    }

    private Compression asked(Compression compression) {
        JsonNode jobs =
                gateways.karu(compression.gateway(), Method.GET, "compression/jobs", null, TIMEOUT);
        for (JsonNode job : jobs.path("jobs")) {
            if (job.path("job").asText().equals(compression.job())) {
                return compression.told(job).noted("");
            }
        }
        return ended(compression, "the gateway does not know the job any more");
    }

    private Compression register(Compression compression) throws IOException {
        String digest = compression.told().path("digest").asText();
        Path zip = fetch.fetch(compression);
        try (InputStream in = Files.newInputStream(zip)) {
            ModelVersion version =
                    models.register(in, "compressed on " + compression.gateway().clientId());
            if (!version.digest().equals(digest)) {
                throw new AggregatorException(
                        Code.MODEL_INVALID,
                        "the gateway announced " + digest + " and gave " + version.digest());
            }
            LOG.info(
                    "{} {} of {} is registered",
                    version.name(),
                    version.version(),
                    compression.gateway());
        } finally {
            Files.deleteIfExists(zip);
        }
        return compression.registered(digest);
    }

    /** All variants, beside the parent and beside what came of it. */
    private void report(Compression compression) throws IOException {
        Optional<byte[]> report = GatewayReport.of(compression);
        if (report.isEmpty()) {
            return;
        }
        for (String digest : List.of(compression.parent(), compression.registered().orElse(""))) {
            Optional<ModelVersion> version = models.find(compression.model(), digest);
            if (version.isPresent()) {
                reports.put(
                        version.get(),
                        ModelReport.Kind.COMPRESSION,
                        ModelReports.Format.JSON,
                        new ByteArrayInputStream(report.get()),
                        "compressed on " + compression.gateway().clientId());
            }
        }
    }

    /** Lets a step end; an interrupt could close the database's file. */
    @Override
    public void close() {
        stopping = true;
        clock.shutdown();
        followers.shutdown();
        try {
            if (!followers.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("A step of a compression did not end within {} s", STOP_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
