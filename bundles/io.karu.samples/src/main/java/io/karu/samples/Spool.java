package io.karu.samples;

import io.karu.api.inspection.FrameId;
import io.karu.api.model.Digest;
import io.karu.api.sample.Sample;
import io.karu.api.sample.SampleSpool;
import io.karu.api.uplink.HealthCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Samples on disk: blobs named by their content and an index to which lines are appended. Oldest
 * samples leave first, when the bound on bytes, age or count is reached; a blob leaves with the
 * last sample that names it.
 *
 * <p>What is on disk after a power cut: everything older than the sync interval. Younger samples
 * may be lost, but nothing wrong is ever read: a blob whose content does not fit its name counts as
 * absent, a torn line is skipped.
 */
public final class Spool implements SampleSpool, HealthCheck, AutoCloseable {
    /** Bounds the memory of the index. */
    static final int MAX_SAMPLES = 20_000;

    /** How long a blob may wait for the sample that names it. */
    private static final Duration UNNAMED = Duration.ofMinutes(10);

    private static final Duration SYNC = Duration.ofSeconds(2);
    private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

    /**
     * Bounds.
     *
     * @param bytes of all blobs together
     * @param age of the oldest sample
     */
    public record Bounds(long bytes, Duration age) {}

    /** A blob on disk: its size, how many samples name it, and when it was put. */
    private record Blob(long bytes, int names, Instant at) {}

    private final Blobs blobs;
    private final Index index;
    private final Clock clock;
    private final ScheduledExecutorService upkeep =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        Thread thread = new Thread(task, "karu-samples");
                        thread.setDaemon(true);
                        return thread;
                    });

    private final Map<Digest, Blob> known = new LinkedHashMap<>();
    private final Set<Digest> damaged = new HashSet<>();
    private final LinkedHashMap<FrameId, Sample> samples = new LinkedHashMap<>();
    private Bounds bounds;
    private long bytes;
    private String failure;

    /** Opens the spool and starts its upkeep. */
    public Spool(Path root, Bounds bounds) throws IOException {
        this(root, bounds, Clock.systemUTC());
        upkeep.scheduleWithFixedDelay(
                this::keepUp, SYNC.toMillis(), SYNC.toMillis(), TimeUnit.MILLISECONDS);
    }

    Spool(Path root, Bounds bounds, Clock clock) throws IOException {
        this.clock = clock;
        this.bounds = bounds;
        this.blobs = new Blobs(root.resolve("blobs"));
        this.index = new Index(root.resolve("index.jsonl"));
        load();
    }

    @Override
    public Digest put(ByteBuffer content) throws IOException {
        Digest digest = Blobs.digest(content);
        synchronized (this) {
            Blob blob = known.get(digest);
            if (blob != null && !damaged.remove(digest)) {
                known.put(digest, new Blob(blob.bytes(), blob.names(), clock.instant()));
                return digest;
            }
            if (blob != null) {
                blobs.write(digest, content);
                return digest;
            }
            int size = content.remaining();
            if (size > bounds.bytes()) {
                throw new IOException(
                        "an image of "
                                + size
                                + " bytes is larger than the spool's bound of "
                                + bounds.bytes());
            }
            makeRoom(size);
            try {
                blobs.write(digest, content);
                failure = null;
            } catch (IOException e) {
                failure = "images cannot be kept: " + e.getMessage();
                throw e;
            }
            known.put(digest, new Blob(size, 0, clock.instant()));
            bytes += size;
        }
        return digest;
    }

    @Override
    public synchronized void keep(Sample sample) throws IOException {
        for (Digest digest : blobsOf(sample)) {
            if (!known.containsKey(digest)) {
                throw new IOException(
                        "sample "
                                + sample.frame()
                                + " names "
                                + digest.abbreviated()
                                + ", which was not put");
            }
        }
        index.append(sample);
        add(sample);
        expire();
        while (samples.size() > MAX_SAMPLES) {
            removeOldest();
        }
    }

    @Override
    public Optional<byte[]> get(Digest digest) throws IOException {
        synchronized (this) {
            if (!known.containsKey(digest)) {
                return Optional.empty();
            }
        }
        Optional<byte[]> content = blobs.read(digest);
        if (content.isEmpty()) {
            synchronized (this) {
                damaged.add(digest);
            }
        }
        return content;
    }

    @Override
    public synchronized Optional<Sample> find(FrameId frame) {
        return Optional.ofNullable(samples.get(frame));
    }

    @Override
    public synchronized List<Sample> newest(int limit) {
        List<Sample> all = new ArrayList<>(samples.values());
        List<Sample> newest = new ArrayList<>();
        for (int i = all.size() - 1; i >= 0 && newest.size() < limit; i--) {
            newest.add(all.get(i));
        }
        return newest;
    }

    @Override
    public synchronized long bytes() {
        return bytes;
    }

    /** Applies other bounds at once. */
    public synchronized void configure(Bounds next) {
        bounds = next;
        makeRoom(0);
        expire();
    }

    @Override
    public synchronized List<Result> check() {
        return failure == null
                ? List.of(
                        new Result(
                                "samples",
                                true,
                                samples.size()
                                        + " samples, "
                                        + (bytes >> 20)
                                        + " of "
                                        + (bounds.bytes() >> 20)
                                        + " MB"))
                : List.of(new Result("samples", false, failure));
    }

    @Override
    public void close() {
        upkeep.shutdown();
        try {
            if (!upkeep.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn("the upkeep of samples did not end within 10 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        keepUp();
        index.close();
    }

    /** Makes durable what was written since the last time, and lets go what is too old. */
    void keepUp() {
        try {
            blobs.sync();
            index.sync();
            synchronized (this) {
                expire();
                if (index.lines() > 2 * samples.size() + 1000) {
                    index.rewrite(samples.values());
                }
            }
        } catch (IOException e) {
            synchronized (this) {
                failure = "samples cannot be synced: " + e.getMessage();
            }
            LOG.warn(failure);
        } catch (RuntimeException e) {
            LOG.error("the upkeep of samples failed", e);
        }
    }

    private void load() throws IOException {
        Map<Digest, Long> sizes = blobs.list();
        for (Sample sample : index.read()) {
            if (blobsOf(sample).stream().allMatch(sizes::containsKey)) {
                for (Digest digest : blobsOf(sample)) {
                    if (!known.containsKey(digest)) {
                        known.put(digest, new Blob(sizes.get(digest), 0, sample.keptAt()));
                        bytes += sizes.get(digest);
                    }
                }
                add(sample);
            }
        }
        for (Digest digest : sizes.keySet()) {
            if (!known.containsKey(digest)) {
                blobs.delete(digest);
            }
        }
        index.rewrite(samples.values());
        makeRoom(0);
        expire();
    }

    private void add(Sample sample) {
        Sample before = samples.remove(sample.frame());
        blobsOf(sample).forEach(digest -> name(digest, 1));
        samples.put(sample.frame(), sample);
        if (before != null) {
            forget(before);
        }
    }

    private void name(Digest digest, int change) {
        Blob blob = known.get(digest);
        known.put(digest, new Blob(blob.bytes(), blob.names() + change, blob.at()));
    }

    private void makeRoom(long needed) {
        if (bytes + needed > bounds.bytes()) {
            removeUnnamed(clock.instant().minus(UNNAMED));
        }
        while (bytes + needed > bounds.bytes() && !samples.isEmpty()) {
            removeOldest();
        }
        if (bytes + needed > bounds.bytes()) {
            removeUnnamed(Instant.MAX);
        }
    }

    private void expire() {
        Instant limit = clock.instant().minus(bounds.age());
        Iterator<Sample> oldest = samples.values().iterator();
        while (oldest.hasNext()) {
            Sample sample = oldest.next();
            if (!sample.keptAt().isBefore(limit)) {
                break;
            }
            oldest.remove();
            forget(sample);
        }
        removeUnnamed(clock.instant().minus(UNNAMED));
    }

    private void removeOldest() {
        Iterator<Sample> oldest = samples.values().iterator();
        Sample sample = oldest.next();
        oldest.remove();
        forget(sample);
    }

    private void removeUnnamed(Instant before) {
        Map<Digest, Blob> unnamed = new HashMap<>();
        known.forEach(
                (digest, blob) -> {
                    if (blob.names() == 0 && blob.at().isBefore(before)) {
                        unnamed.put(digest, blob);
                    }
                });
        unnamed.keySet().forEach(this::delete);
    }

    private void forget(Sample sample) {
        for (Digest digest : blobsOf(sample)) {
            name(digest, -1);
            if (known.get(digest).names() == 0) {
                delete(digest);
            }
        }
    }

    private void delete(Digest digest) {
        bytes -= known.remove(digest).bytes();
        damaged.remove(digest);
        blobs.delete(digest);
    }

    private static List<Digest> blobsOf(Sample sample) {
        return Stream.of(Optional.of(sample.image()), sample.template(), sample.heatMap())
                .flatMap(Optional::stream)
                .distinct()
                .toList();
    }
}
