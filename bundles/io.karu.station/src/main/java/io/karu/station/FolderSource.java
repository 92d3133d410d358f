package io.karu.station;

import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.FrameSource;
import io.karu.api.inspection.StationId;
import io.karu.api.model.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A folder into which a camera writes {@code <id>_test.<ext>}, with {@code <id>_temp.<ext>} beside
 * it where each frame has its own template. Where frames need no template every image but {@code
 * <id>_temp.<ext>} is a frame. Oldest name first. A frame's position is its file name.
 *
 * <p>Only complete files are offered: those whose last bytes are a JPEG's or PNG's end, or that
 * have not changed for {@value #SETTLED_MILLIS} ms. A frame whose template has not come {@value
 * #TEMPLATE_MILLIS} ms after it is offered without one. After {@link #done} the files are deleted
 * or moved to the folder {@value #DONE} inside.
 */
final class FolderSource implements FrameSource {
    /** Where files go that are moved after their verdict. */
    static final String DONE = "done";

    private static final int SETTLED_MILLIS = 1000;
    private static final int TEMPLATE_MILLIS = 5000;
    private static final long LARGEST_FILE = 256L << 20;
    private static final long RESCAN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** Time alone completes a file or gives its template up: no event tells. */
    private static final long RECHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final Pattern TEST =
            Pattern.compile(
                    "([^.\\p{Cntrl}][^\\p{Cntrl}]{0,170})_test\\.(jpg|jpeg|png|bmp)",
                    Pattern.CASE_INSENSITIVE);
    private static final Pattern ANY =
            Pattern.compile(
                    "(?!.*_temp\\.[a-z]+$)([^.\\p{Cntrl}][^\\p{Cntrl}]{0,170})\\.(jpg|jpeg|png|bmp)",
                    Pattern.CASE_INSENSITIVE);
    private static final Pattern REPEATED = Pattern.compile("~[0-9a-f]{8}$");

    private final StationId station;
    private final Path folder;
    private final boolean pairs;
    private final Pattern frames;
    private final boolean move;
    private final Deque<String> waiting = new ArrayDeque<>();
    private final Map<String, Observation> growing = new HashMap<>();
    private WatchService watcher;
    private WatchKey watched;
    private long scannedAt;
    private volatile int backlog;

    /** A file's size and time of change, and since when both have been so. */
    private record Observation(long size, long modified, long sinceNanos) {}

    /**
     * @param template where each frame's template comes from
     * @param after what happens to files after their verdict
     */
    FolderSource(
            StationId station,
            Path folder,
            StationSettings.Template template,
            StationSettings.After after) {
        this.station = station;
        this.folder = folder;
        this.pairs = template == StationSettings.Template.PAIR;
        this.frames = template == StationSettings.Template.NONE ? ANY : TEST;
        this.move = after == StationSettings.After.MOVE;
    }

    @Override
    public Optional<Frame> next(Duration wait) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + wait.toNanos();
        while (true) {
            if (waiting.isEmpty() || System.nanoTime() - scannedAt > RESCAN_NANOS) {
                scan();
            }
            Optional<Frame> frame = offer();
            if (frame.isPresent()) {
                return frame;
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return Optional.empty();
            }
            awaitChange(Math.min(left, RECHECK_NANOS));
            scan();
        }
    }

    @Override
    public void done(FrameId frame) throws IOException {
        Matcher name = frames.matcher(fileName(frame));
        if (!name.matches()) {
            return;
        }
        // The template goes first: what a power cut leaves behind is still a frame, and known to be
        // done.
        if (pairs) {
            Optional<Path> template = template(name);
            if (template.isPresent()) {
                remove(template.get());
            }
        }
        remove(folder.resolve(name.group()));
        waiting.remove(name.group());
        backlog = waiting.size();
    }

    @Override
    public int backlog() {
        return backlog;
    }

    @Override
    public void close() throws IOException {
        if (watcher != null) {
            watcher.close();
            watcher = null;
        }
    }

    /** Another frame under a name that was used before: the image's digest tells them apart. */
    static FrameId repeated(FrameId frame, Digest image) {
        return new FrameId(frame.station(), frame.position() + "~" + image.hex().substring(0, 8));
    }

    private static String fileName(FrameId frame) {
        return REPEATED.matcher(frame.position()).replaceFirst("");
    }

    private Optional<Frame> offer() throws IOException {
        for (String name : waiting) {
            try {
                Optional<Frame> frame = read(name);
                if (frame.isPresent()) {
                    return frame;
                }
            } catch (NoSuchFileException e) {
                scannedAt = 0;
            }
        }
        return Optional.empty();
    }

    private Optional<Frame> read(String name) throws IOException {
        Path file = folder.resolve(name);
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        Optional<byte[]> image = complete(file, attributes);
        if (image.isEmpty()) {
            return Optional.empty();
        }
        Optional<ByteBuffer> template = Optional.empty();
        if (pairs) {
            Matcher matcher = frames.matcher(name);
            Optional<Path> path = matcher.matches() ? template(matcher) : Optional.empty();
            if (path.isPresent()) {
                Optional<byte[]> bytes =
                        complete(
                                path.get(),
                                Files.readAttributes(path.get(), BasicFileAttributes.class));
                if (bytes.isEmpty()) {
                    return Optional.empty();
                }
                template = bytes.map(ByteBuffer::wrap);
            } else if (!hasSettled(file, attributes, TEMPLATE_MILLIS)) {
                return Optional.empty();
            }
        }
        growing.remove(name);
        Instant captured = attributes.lastModifiedTime().toInstant();
        return Optional.of(
                new Frame(
                        new FrameId(station, name),
                        captured,
                        ByteBuffer.wrap(image.get()),
                        template));
    }

    private Optional<Path> template(Matcher test) {
        String stem = test.group(1) + "_temp.";
        for (String extension : List.of(test.group(2), "jpg", "png", "bmp", "jpeg")) {
            Path path = folder.resolve(stem + extension);
            if (Files.isRegularFile(path)) {
                return Optional.of(path);
            }
        }
        return Optional.empty();
    }

    private Optional<byte[]> complete(Path file, BasicFileAttributes attributes)
            throws IOException {
        if (attributes.size() > LARGEST_FILE) {
            return hasSettled(file, attributes, SETTLED_MILLIS)
                    ? Optional.of(new byte[0])
                    : Optional.empty();
        }
        byte[] bytes = Files.readAllBytes(file);
        boolean whole = endsAsImage(bytes) || hasSettled(file, attributes, SETTLED_MILLIS);
        return whole ? Optional.of(bytes) : Optional.empty();
    }

    private static boolean endsAsImage(byte[] bytes) {
        int n = bytes.length;
        if (n < 16) {
            return false;
        }
        boolean jpeg = (bytes[0] & 0xff) == 0xff && (bytes[1] & 0xff) == 0xd8;
        boolean png = (bytes[0] & 0xff) == 0x89 && bytes[1] == 'P';
        return jpeg && (bytes[n - 2] & 0xff) == 0xff && (bytes[n - 1] & 0xff) == 0xd9
                || png
                        && bytes[n - 8] == 'I'
                        && bytes[n - 7] == 'E'
                        && bytes[n - 6] == 'N'
                        && bytes[n - 5] == 'D';
    }

    private boolean hasSettled(Path file, BasicFileAttributes attributes, int millis) {
        long now = System.nanoTime();
        long modified = attributes.lastModifiedTime().toMillis();
        String name = file.getFileName().toString();
        Observation before = growing.get(name);
        if (before == null || before.size() != attributes.size() || before.modified() != modified) {
            growing.put(name, new Observation(attributes.size(), modified, now));
            return false;
        }
        return now - before.sinceNanos() >= TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private void scan() throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new NoSuchFileException(
                    folder.toString(), null, "the source folder is not there");
        }
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.*")) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (frames.matcher(name).matches()
                        && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    names.add(name);
                }
            }
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(names);
        waiting.clear();
        waiting.addAll(names);
        backlog = names.size();
        growing.keySet().removeIf(name -> !Files.exists(folder.resolve(name)));
        scannedAt = System.nanoTime();
    }

    private void awaitChange(long nanos) throws IOException, InterruptedException {
        if (watched == null || !watched.isValid()) {
            if (watcher == null) {
                watcher = folder.getFileSystem().newWatchService();
            }
            watched =
                    folder.register(
                            watcher,
                            StandardWatchEventKinds.ENTRY_CREATE,
                            StandardWatchEventKinds.ENTRY_MODIFY);
            return;
        }
        WatchKey key = watcher.poll(nanos, TimeUnit.NANOSECONDS);
        if (key != null) {
            key.pollEvents();
            key.reset();
        }
    }

    private void remove(Path file) throws IOException {
        try {
            if (move) {
                Path target =
                        Files.createDirectories(folder.resolve(DONE)).resolve(file.getFileName());
                Files.move(file, target, StandardCopyOption.REPLACE_EXISTING);
            } else {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            return;
        } catch (FileSystemException e) {
            throw new IOException(
                    "the inspected file "
                            + file.getFileName()
                            + " cannot be "
                            + (move ? "moved to " + DONE : "deleted")
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }
}
