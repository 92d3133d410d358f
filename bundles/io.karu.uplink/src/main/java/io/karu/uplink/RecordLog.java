package io.karu.uplink;

import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Append-only records in checksummed segment files. A record is its length (4 bytes), its CRC-32C
 * over length and payload (4 bytes), and its payload. What a power cut left half written at the end
 * is cut off when the log is opened.
 *
 * <p>{@link #append} writes, {@link #force} makes durable; callers that wait together share one
 * sync of the disk. A position names a record for the life of its segment and is never used twice.
 * Appending is for one thread at a time, everything else is thread-safe.
 */
final class RecordLog implements Closeable {
    /** Receives records in order. */
    interface Visitor {
        /** Returns whether to go on. */
        boolean record(long position, ByteBuffer payload) throws IOException;
    }

    /** Makes a segment's content durable; tests let it fail. */
    interface Sync {
        Sync DISK = FileDescriptor::sync;

        void sync(FileDescriptor file) throws IOException;
    }

    static final int MAX_PAYLOAD = 1 << 20;
    private static final int HEADER = 8;
    private static final String SUFFIX = ".log";
    private static final Logger LOG = LoggerFactory.getLogger(RecordLog.class);

    private final Path folder;
    private final long segmentBytes;
    private final Sync sync;
    private final FileLock lock;
    private final TreeMap<Long, Segment> segments = new TreeMap<>();
    private final Object commit = new Object();
    private final Map<Long, Long> cuts = new HashMap<>();
    private Supplier<ByteBuffer> preamble = () -> null;
    private ByteBuffer scratch = ByteBuffer.allocate(8192);
    private Segment active;
    private long durable;
    private boolean forcing;
    private IOException failure;

    /** One file; {@code end} is where valid records end. */
    private static final class Segment {
        final long id;
        final Path file;

        /** Not a FileChannel: an interrupt of the calling thread would close that. */
        private final RandomAccessFile content;

        volatile long end;
        boolean closed;

        Segment(long id, Path file) throws IOException {
            this.id = id;
            this.file = file;
            content = new RandomAccessFile(file.toFile(), "rw");
        }

        synchronized long size() throws IOException {
            return content.length();
        }

        synchronized void read(long offset, byte[] into) throws IOException {
            content.seek(offset);
            content.readFully(into);
        }

        synchronized void write(long offset, byte[] from, int length) throws IOException {
            content.seek(offset);
            content.write(from, 0, length);
        }

        synchronized void truncate(long size) throws IOException {
            content.setLength(size);
            content.getFD().sync();
        }

        void sync(Sync sync) throws IOException {
            sync.sync(content.getFD());
        }

        synchronized void close() throws IOException {
            closed = true;
            content.close();
        }
    }

    /**
     * Opens or creates a log.
     *
     * @param segmentBytes size at which a segment is closed and the next one begun
     * @throws IOException when the folder cannot be written, or another process has the log open
     */
    RecordLog(Path folder, long segmentBytes) throws IOException {
        this(folder, segmentBytes, Sync.DISK);
    }

    RecordLog(Path folder, long segmentBytes, Sync sync) throws IOException {
        this.sync = sync;
        this.folder = Files.createDirectories(folder);
        this.segmentBytes = segmentBytes;
        FileChannel lockFile =
                FileChannel.open(
                        folder.resolve("lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        try {
            lock = lockFile.tryLock();
        } catch (OverlappingFileLockException e) {
            lockFile.close();
            throw new IOException(folder + " is still open in this process", e);
        }
        if (lock == null) {
            lockFile.close();
            throw new IOException(
                    folder + " is open in another process; stop it or use another data directory");
        }
        try {
            openSegments();
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** What {@code preamble} returns is written first into each new segment. */
    void preamble(Supplier<ByteBuffer> preamble) {
        this.preamble = preamble;
    }

    private void openSegments() throws IOException {
        List<Path> files;
        try (Stream<Path> entries = Files.list(folder)) {
            files =
                    entries.filter(f -> f.getFileName().toString().endsWith(SUFFIX))
                            .sorted()
                            .toList();
        }
        for (Path file : files) {
            String name = file.getFileName().toString();
            long id = Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
            Segment segment = new Segment(id, file);
            segment.end = validEnd(segment);
            long size = segment.size();
            if (segment.end < size) {
                LOG.warn(
                        "{}: {} bytes after the last whole record are cut off",
                        file,
                        size - segment.end);
                segment.truncate(segment.end);
            }
            segments.put(id, segment);
        }
        if (segments.isEmpty()) {
            begin(1);
        } else {
            active = segments.lastEntry().getValue();
        }
        durable = position(active.id, active.end);
    }

    private void begin(long id) throws IOException {
        Segment next = new Segment(id, folder.resolve(String.format("%010d%s", id, SUFFIX)));
        DurableFiles.syncFolder(folder);
        synchronized (commit) {
            segments.put(id, next);
            active = next;
            durable = position(id, 0);
        }
    }

    private static long validEnd(Segment segment) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(segment.size())];
        segment.read(0, bytes);
        ByteBuffer content = ByteBuffer.wrap(bytes);
        int end = 0;
        while (content.remaining() >= HEADER) {
            int length = content.getInt(end);
            if (length < 1 || length > MAX_PAYLOAD || length > content.remaining() - HEADER) {
                break;
            }
            if (content.getInt(end + 4) != checksum(length, content.slice(end + HEADER, length))) {
                break;
            }
            end += HEADER + length;
            content.position(end);
        }
        return end;
    }

    private static int checksum(int length, ByteBuffer payload) {
        CRC32C crc = new CRC32C();
        crc.update(length >>> 24);
        crc.update(length >>> 16);
        crc.update(length >>> 8);
        crc.update(length);
        crc.update(payload);
        return (int) crc.getValue();
    }

    static long segmentOf(long position) {
        return position >>> 32;
    }

    private static long position(long segment, long offset) {
        return segment << 32 | offset;
    }

    /**
     * Writes a record, not yet durably, and returns its position.
     *
     * @throws IOException when it could not be written; nothing of it remains
     */
    long append(ByteBuffer payload) throws IOException {
        int length = payload.remaining();
        if (length < 1 || length > MAX_PAYLOAD) {
            throw new IOException(
                    "a record has 1 to " + MAX_PAYLOAD + " bytes, this one has " + length);
        }
        recover();
        if (active.end > 0 && active.end + HEADER + length > segmentBytes) {
            roll();
        }
        return write(payload, length);
    }

    private long write(ByteBuffer payload, int length) throws IOException {
        if (scratch.capacity() < HEADER + length) {
            scratch = ByteBuffer.allocate(Integer.highestOneBit(HEADER + length) << 1);
        }
        scratch.clear();
        scratch.putInt(length).putInt(0).put(payload).flip();
        scratch.position(HEADER);
        scratch.putInt(4, checksum(length, scratch));
        Segment segment = active;
        long offset = segment.end;
        try {
            segment.write(offset, scratch.array(), HEADER + length);
            segment.end = offset + HEADER + length;
        } catch (IOException e) {
            fail(e);
            throw e;
        }
        return position(segment.id, offset);
    }

    private void roll() throws IOException {
        sync();
        synchronized (commit) {
            awaitForcing();
        }
        begin(active.id + 1);
        ByteBuffer first = preamble.get();
        if (first != null) {
            write(first, first.remaining());
        }
    }

    private void fail(IOException e) {
        synchronized (commit) {
            if (failure == null) {
                failure = e;
                cuts.put(active.id, durable & 0xffff_ffffL);
            }
            commit.notifyAll();
        }
    }

    /**
     * After a failed write or sync nothing that was not yet durable counts (the state of those
     * pages is unknown): cuts it off and begins a new segment.
     */
    private void recover() throws IOException {
        synchronized (commit) {
            if (failure == null) {
                return;
            }
            awaitForcing();
        }
        Segment broken = active;
        broken.end = cuts.get(broken.id);
        try {
            broken.truncate(broken.end);
        } catch (IOException e) {
            LOG.warn(
                    "{}: could not cut off what was not written durably: {}",
                    broken.file,
                    e.toString());
        }
        begin(broken.id + 1);
        synchronized (commit) {
            failure = null;
        }
        ByteBuffer first = preamble.get();
        if (first != null) {
            write(first, first.remaining());
        }
    }

    private void awaitForcing() throws IOException {
        try {
            while (forcing) {
                commit.wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the disk", e);
        }
    }

    /** Whether the record was lost by a failed write or sync. */
    boolean lost(long position) {
        synchronized (commit) {
            if (cuts.isEmpty()) {
                return false;
            }
            Long cut = cuts.get(segmentOf(position));
            return cut != null && (position & 0xffff_ffffL) >= cut;
        }
    }

    /** Returns when the record at this position, and all before it, are on the disk. */
    void force(long position) throws IOException {
        Segment segment;
        long target;
        synchronized (commit) {
            while (true) {
                if (lost(position)) {
                    throw new IOException("not written durably", failure);
                }
                if (durable > position) {
                    return;
                }
                if (!forcing) {
                    break;
                }
                try {
                    commit.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted while waiting for the disk", e);
                }
            }
            forcing = true;
            segment = active;
            target = position(segment.id, segment.end);
        }
        IOException failed = null;
        try {
            segment.sync(sync);
        } catch (IOException e) {
            failed = e;
        } finally {
            synchronized (commit) {
                forcing = false;
                if (failed == null) {
                    durable = Math.max(durable, target);
                }
                commit.notifyAll();
            }
        }
        if (failed != null) {
            fail(failed);
            throw failed;
        }
    }

    /** Makes everything appended so far durable. */
    void sync() throws IOException {
        force(position(active.id, active.end) - 1);
    }

    /** The position up to which everything is on the disk. */
    long durable() {
        synchronized (commit) {
            return durable;
        }
    }

    /** The record at this position; empty when its segment was dropped. */
    Optional<ByteBuffer> read(long position) throws IOException {
        Segment segment;
        synchronized (commit) {
            segment = segments.get(segmentOf(position));
        }
        if (segment == null) {
            return Optional.empty();
        }
        long offset = position & 0xffff_ffffL;
        synchronized (segment) {
            if (segment.closed) {
                return Optional.empty();
            }
            byte[] header = new byte[HEADER];
            segment.read(offset, header);
            int length = ByteBuffer.wrap(header).getInt();
            if (length < 1 || length > MAX_PAYLOAD) {
                throw new IOException(segment.file + ": no record at " + offset);
            }
            byte[] payload = new byte[length];
            segment.read(offset + HEADER, payload);
            if (checksum(length, ByteBuffer.wrap(payload)) != ByteBuffer.wrap(header).getInt(4)) {
                throw new IOException(segment.file + ": the record at " + offset + " is damaged");
            }
            return Optional.of(ByteBuffer.wrap(payload));
        }
    }

    /**
     * Visits durable records from a position on (0: from the oldest).
     *
     * @return the position after the last record visited: where to go on
     */
    long visit(long from, Visitor visitor) throws IOException {
        long until = durable();
        long at = from;
        for (Segment segment : snapshotFrom(segmentOf(from))) {
            if (segmentOf(at) != segment.id) {
                at = position(segment.id, 0);
            }
            while (at < until && (at & 0xffff_ffffL) < segment.end) {
                Optional<ByteBuffer> payload = read(at);
                if (payload.isEmpty()) {
                    break;
                }
                int length = payload.get().remaining();
                if (!visitor.record(at, payload.get())) {
                    return at + HEADER + length;
                }
                at += HEADER + length;
            }
        }
        return at;
    }

    private List<Segment> snapshotFrom(long id) {
        synchronized (commit) {
            return List.copyOf(segments.tailMap(id).values());
        }
    }

    /** Bytes on the disk. */
    long bytes() {
        synchronized (commit) {
            return segments.values().stream().mapToLong(s -> s.end).sum();
        }
    }

    /** Id of the oldest segment. */
    long oldest() {
        synchronized (commit) {
            return segments.firstKey();
        }
    }

    /** Id of the segment that is written to. */
    long newest() {
        return active.id;
    }

    /** Deletes segments older than this one; never the one that is written to. */
    void dropBefore(long id) throws IOException {
        List<Segment> dropped;
        synchronized (commit) {
            dropped = List.copyOf(segments.headMap(Math.min(id, active.id)).values());
            dropped.forEach(s -> segments.remove(s.id));
        }
        for (Segment segment : dropped) {
            segment.close();
            Files.deleteIfExists(segment.file);
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (commit) {
            for (Segment segment : segments.values()) {
                segment.close();
            }
            segments.clear();
        }
        lock.channel().close();
    }
}
