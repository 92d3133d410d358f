package io.karu.compression.gateway;

import io.karu.api.inspection.Decision;
import io.karu.api.inspection.FrameView;
import io.karu.api.inspection.Verdict;
import io.karu.api.inspection.VerdictListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames of the line, kept on disk for calibration and for the golden set: for each model a bounded
 * number of accepted frames and half as many others, within a bound of bytes for all. Until a model
 * has its number every frame is kept; later one in {@value #ONE_IN} replaces the oldest, so that
 * the disk is spared and the reserve follows the line slowly. Thread-safe.
 */
public final class FrameReserve implements VerdictListener {
    private static final Logger LOG = LoggerFactory.getLogger(FrameReserve.class);
    private static final int ONE_IN = 50;
    private static final Pattern NAME =
            Pattern.compile("(\\d{16})-(accepted|other)-([0-9a-f]{64})\\.frame");

    private final Path root;
    private final Map<String, Shelf> shelves = new HashMap<>();
    private int frames;
    private long mostBytes;
    private long bytes;
    private long sequence;
    private boolean full;

    /**
     * One frame of the reserve.
     *
     * @param image the image file
     * @param template the template file that it was compared with; absent when there was none
     * @param accepted whether the station accepted it
     * @param digest of the image, 64 hexadecimal digits
     */
    public record Kept(Path image, Optional<Path> template, boolean accepted, String digest) {}

    private static final class Shelf {
        private final Deque<Kept> accepted = new ArrayDeque<>();
        private final Deque<Kept> others = new ArrayDeque<>();

        private Deque<Kept> of(boolean isAccepted) {
            return isAccepted ? accepted : others;
        }

        private boolean holds(String digest) {
            return Stream.concat(accepted.stream(), others.stream())
                    .anyMatch(kept -> kept.digest().equals(digest));
        }
    }

    /**
     * Opens what an earlier run of the gateway kept.
     *
     * @param root created when absent
     * @param frames accepted frames per model
     * @param mostBytes bound of all files together
     */
    public FrameReserve(Path root, int frames, long mostBytes) throws IOException {
        this.root = Files.createDirectories(root);
        bound(frames, mostBytes);
        try (Stream<Path> models = Files.list(root)) {
            for (Path model : models.toList()) {
                read(model);
            }
        }
    }

    /** Other bounds from now on. */
    public synchronized void bound(int acceptedFrames, long bytesInAll) {
        frames = acceptedFrames;
        mostBytes = bytesInAll;
        full = false;
    }

    private void read(Path model) throws IOException {
        Shelf shelf = shelves.computeIfAbsent(model.getFileName().toString(), m -> new Shelf());
        try (Stream<Path> files = Files.list(model)) {
            for (Path file : files.sorted().toList()) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches()) {
                    Kept kept = kept(file, name.group(2).equals("accepted"), name.group(3));
                    shelf.of(kept.accepted()).add(kept);
                    bytes += size(kept);
                    sequence = Math.max(sequence, Long.parseLong(name.group(1)) + 1);
                } else if (!file.toString().endsWith(".template")) {
                    Files.delete(file);
                }
            }
        }
    }

    private static Kept kept(Path image, boolean accepted, String digest) {
        Path template = template(image);
        return new Kept(
                image,
                Files.exists(template) ? Optional.of(template) : Optional.empty(),
                accepted,
                digest);
    }

    private static Path template(Path image) {
        return image.resolveSibling(image.getFileName().toString().replace(".frame", ".template"));
    }

    /** Keeps the frame, if the reserve wants it. */
    @Override
    public void onVerdict(Verdict verdict, FrameView frame) {
        int space = verdict.modelName().indexOf(' ');
        if (verdict.model().isEmpty() || space <= 0) {
            return;
        }
        boolean accepted = verdict.decision() == Decision.ACCEPT;
        try {
            offer(
                    verdict.modelName().substring(0, space),
                    accepted,
                    verdict.imageDigest().hex(),
                    frame);
        } catch (IOException e) {
            if (!full) {
                LOG.warn("frames for compression cannot be kept in {}: {}", root, e.toString());
            }
            full = true;
        }
    }

    private synchronized void offer(String model, boolean accepted, String digest, FrameView frame)
            throws IOException {
        Shelf shelf = shelves.computeIfAbsent(model, m -> new Shelf());
        Deque<Kept> row = shelf.of(accepted);
        int most = accepted ? frames : Math.max(1, frames / 2);
        boolean wanted = row.size() < most || ThreadLocalRandom.current().nextInt(ONE_IN) == 0;
        if (!wanted || shelf.holds(digest)) {
            return;
        }
        long size =
                frame.encoded().remaining()
                        + frame.template().map(ByteBuffer::remaining).orElse(0).longValue();
        while (!row.isEmpty() && (row.size() >= most || bytes + size > mostBytes)) {
            remove(row.poll());
        }
        if (bytes + size > mostBytes) {
            return;
        }
        Path folder = Files.createDirectories(root.resolve(model));
        Path image =
                folder.resolve(
                        String.format(
                                "%016d-%s-%s.frame",
                                sequence++, accepted ? "accepted" : "other", digest));
        if (frame.template().isPresent()) {
            write(frame.template().get(), template(image));
        }
        write(frame.encoded(), image);
        row.add(kept(image, accepted, digest));
        bytes += size;
    }

    private void remove(Kept kept) throws IOException {
        bytes -= size(kept);
        Files.deleteIfExists(kept.image());
        if (kept.template().isPresent()) {
            Files.deleteIfExists(kept.template().get());
        }
    }

    private static long size(Kept kept) throws IOException {
        long image = Files.exists(kept.image()) ? Files.size(kept.image()) : 0;
        return image + (kept.template().isPresent() ? Files.size(kept.template().get()) : 0);
    }

    private static void write(ByteBuffer content, Path file) throws IOException {
        Path aside = file.resolveSibling(file.getFileName() + ".part");
        try (var channel = Files.newByteChannel(aside, WRITE)) {
            ByteBuffer left = content.duplicate();
            while (left.hasRemaining()) {
                channel.write(left);
            }
        }
        Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static final java.util.Set<java.nio.file.StandardOpenOption> WRITE =
            java.util.Set.of(
                    java.nio.file.StandardOpenOption.CREATE,
                    java.nio.file.StandardOpenOption.TRUNCATE_EXISTING,
                    java.nio.file.StandardOpenOption.WRITE);

    /** How many accepted frames of a model are kept. */
    public synchronized int accepted(String model) {
        Shelf shelf = shelves.get(model);
        return shelf == null ? 0 : shelf.accepted.size();
    }

    /** Copies the frames of a model into a folder, with names as here; returns the copies. */
    public synchronized List<Kept> copy(String model, Path folder) throws IOException {
        Files.createDirectories(folder);
        List<Kept> copies = new ArrayList<>();
        Shelf shelf = shelves.getOrDefault(model, new Shelf());
        for (Kept kept : Stream.concat(shelf.accepted.stream(), shelf.others.stream()).toList()) {
            Path image = folder.resolve(kept.image().getFileName());
            if (kept.template().isPresent()) {
                Files.copy(
                        kept.template().get(),
                        template(image),
                        StandardCopyOption.REPLACE_EXISTING);
            }
            Files.copy(kept.image(), image, StandardCopyOption.REPLACE_EXISTING);
            copies.add(kept(image, kept.accepted(), kept.digest()));
        }
        return copies;
    }

    /** The frames in a folder that {@link #copy} filled, sorted by digest. */
    static List<Kept> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Kept> frames = new ArrayList<>();
            for (Path file : files.toList()) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches()) {
                    frames.add(kept(file, name.group(2).equals("accepted"), name.group(3)));
                }
            }
            frames.sort(java.util.Comparator.comparing(Kept::digest));
            return frames;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
