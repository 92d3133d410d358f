package io.karu.compression.gateway;

import io.karu.compression.gateway.Job.State;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Jobs on disk: one folder each, with {@code job.json} and, until it has ended, what the worker
 * needs. A job is replaced in one step, so that a power cut leaves it as before or after.
 * Thread-safe.
 */
final class JobStore {
    private static final Logger LOG = LoggerFactory.getLogger(JobStore.class);
    private static final String FILE = "job.json";
    private static final int ENDED_KEPT = 20;

    private final Path root;
    private final TreeMap<String, Job> jobs = new TreeMap<>();

    JobStore(Path root) throws IOException {
        this.root = Files.createDirectories(root);
        try (Stream<Path> folders = Files.list(root)) {
            for (Path folder : folders.toList()) {
                read(folder);
            }
        }
    }

    private void read(Path folder) throws IOException {
        try {
            Job job = Job.parse(Files.readString(folder.resolve(FILE)));
            jobs.put(job.id(), job);
        } catch (IOException | RuntimeException e) {
            LOG.error("{} holds no job and is removed: {}", folder, e.toString());
            delete(folder);
        }
    }

    Path folder(Job job) {
        return root.resolve(job.id());
    }

    /** Newest first. */
    synchronized List<Job> all() {
        return List.copyOf(jobs.descendingMap().values());
    }

    synchronized Optional<Job> find(String id) {
        return Optional.ofNullable(jobs.get(id));
    }

    /** The oldest one that has not ended. */
    synchronized Optional<Job> next() {
        return jobs.values().stream().filter(job -> !job.state().isFinal()).findFirst();
    }

    /** Keeps a job durably; unchanged when it throws. */
    synchronized void put(Job job) throws IOException {
        Path folder = Files.createDirectories(folder(job));
        Path aside = folder.resolve(FILE + ".next");
        try (FileChannel channel =
                FileChannel.open(
                        aside,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer text =
                    ByteBuffer.wrap(job.toJson().toString().getBytes(StandardCharsets.UTF_8));
            while (text.hasRemaining()) {
                channel.write(text);
            }
            channel.force(true);
        }
        Files.move(
                aside,
                folder.resolve(FILE),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        sync(folder);
        sync(root);
        jobs.put(job.id(), job);
        if (job.state().isFinal()) {
            tidy(folder);
        }
    }

    /** Says what a job does, not durably: a restart begins anew in any case. */
    synchronized void tell(String id, String what) {
        jobs.computeIfPresent(
                id,
                (same, job) -> job.state() == State.RUNNING ? job.in(State.RUNNING, what) : job);
    }

    private void tidy(Path ended) throws IOException {
        try (Stream<Path> files = Files.list(ended)) {
            for (Path file : files.toList()) {
                if (!file.getFileName().toString().equals(FILE)) {
                    delete(file);
                }
            }
        }
        List<Job> over =
                new ArrayList<>(jobs.values().stream().filter(j -> j.state().isFinal()).toList());
        over.sort(Comparator.comparing(Job::requestedAt));
        for (Job oldest : over.subList(0, Math.max(0, over.size() - ENDED_KEPT))) {
            jobs.remove(oldest.id());
            delete(folder(oldest));
        }
    }

    static void delete(Path file) throws IOException {
        if (Files.exists(file)) {
            try (Stream<Path> tree = Files.walk(file)) {
                for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(each);
                }
            }
        }
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        }
    }
}
