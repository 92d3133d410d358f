package io.karu.uplink;

import com.google.gson.JsonParseException;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.Overrule;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.Verdict;
import io.karu.api.uplink.Publication;
import io.karu.api.uplink.VerdictJournal;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The verdict journal in segment files. Entries stay until the bound is reached, confirmed or not,
 * so that the operator's page can list them; what was confirmed is itself a record. Lists the
 * newest 1,000 verdicts and knows the last 10,000 frames of each station, also after their entries
 * are gone.
 */
public final class SegmentedJournal implements VerdictJournal, Closeable {
    static final int FRAMES_PER_STATION = 10_000;
    static final int LISTED = 1_000;
    private static final String FRAMES_FILE = "frames";
    private static final Logger LOG = LoggerFactory.getLogger(SegmentedJournal.class);

    private static final byte VERDICT = 1;
    private static final byte KEPT_VERDICT = 2;
    private static final byte OVERRULE = 3;

    /** A kept verdict that an overrule made leave. */
    private static final byte RELEASED_VERDICT = 4;

    private static final byte CONFIRMED = 5;
    private static final byte STATE = 6;

    private final Path folder;
    private final RecordLog log;
    private final EntryJson json = new EntryJson();
    private final Map<StationId, Frames> frames = new HashMap<>();
    private final ArrayDeque<Slot> newest = new ArrayDeque<>();
    private final TreeMap<Long, Long> starts = new TreeMap<>();
    private ByteBuffer record = ByteBuffer.allocate(4096);
    private volatile Runnable onAppend = () -> {};
    private volatile Consumer<Verdict> onPublished = verdict -> {};
    private long maxBytes;
    private long trimmedAt;
    private long sequence;
    private long confirmed;
    private long dropped;
    private long backlog;
    private String problem;

    /** The frames of one station, oldest first. */
    private static final class Frames extends LinkedHashMap<String, Slot> {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Slot> eldest) {
            return size() > FRAMES_PER_STATION;
        }
    }

    /** Where a frame's verdict is; position 0 when only the frame is known. */
    private static final class Slot {
        final long position;
        final long sequence;
        boolean kept;
        Overrule overrule;

        Slot(long position, long sequence, boolean kept) {
            this.position = position;
            this.sequence = sequence;
            this.kept = kept;
        }
    }

    /**
     * Opens the journal and reads what it holds.
     *
     * @param maxBytes bound on the disk, at least 64 KiB; reached: the oldest entries go and are
     *     counted
     */
    public SegmentedJournal(Path folder, long maxBytes) throws IOException {
        this(folder, maxBytes, RecordLog.Sync.DISK);
    }

    SegmentedJournal(Path folder, long maxBytes, RecordLog.Sync sync) throws IOException {
        this.folder = folder;
        this.maxBytes = requireBound(maxBytes);
        log = new RecordLog(folder, Math.min(4 << 20, Math.max(16 << 10, maxBytes / 16)), sync);
        try {
            readFrames();
            long[] firstSegment = {log.oldest()};
            log.visit(0, (position, payload) -> replay(position, payload, firstSegment));
            log.dropBefore(firstSegment[0]);
            backlog = countUnconfirmed(0, Long.MAX_VALUE);
            log.preamble(this::state);
        } catch (IOException | RuntimeException e) {
            log.close();
            throw e;
        }
    }

    private static long requireBound(long maxBytes) {
        if (maxBytes < 64 << 10) {
            throw new IllegalArgumentException(
                    "journal bound must be at least 65536 bytes, was " + maxBytes);
        }
        return maxBytes;
    }

    /** Changes the bound; takes effect with the next segment. */
    public void bound(long bytes) {
        synchronized (log) {
            maxBytes = requireBound(bytes);
            trimmedAt = 0;
        }
    }

    /** Called after each durable append, on the appending thread: must return at once. */
    public void onAppend(Runnable listener) {
        onAppend = listener;
    }

    /**
     * Called with each verdict that leaves, after it is durable, on the appending thread: must
     * return at once.
     */
    public void onPublished(Consumer<Verdict> listener) {
        onPublished = listener;
    }

    private boolean replay(long position, ByteBuffer payload, long[] firstSegment) {
        byte type = payload.get();
        switch (type) {
            case VERDICT, KEPT_VERDICT, RELEASED_VERDICT, OVERRULE -> {
                long number = payload.getLong();
                FrameId frame = readFrame(payload);
                sequence = Math.max(sequence, number);
                starts.putIfAbsent(RecordLog.segmentOf(position), number);
                Slot known = slot(frame);
                if (type == OVERRULE && known != null) {
                    known.overrule = EntryJson.overrule(EntryJson.parse(payload));
                } else if (type == RELEASED_VERDICT && known != null) {
                    known.kept = false;
                } else if ((type == VERDICT || type == KEPT_VERDICT)
                        && (known == null || known.position == 0)) {
                    remember(frame, new Slot(position, number, type == KEPT_VERDICT));
                }
            }
            case CONFIRMED -> confirmed = Math.max(confirmed, payload.getLong());
            case STATE -> {
                firstSegment[0] = Math.max(firstSegment[0], payload.getLong());
                sequence = Math.max(sequence, payload.getLong());
                confirmed = Math.max(confirmed, payload.getLong());
                dropped = Math.max(dropped, payload.getLong());
            }
            default -> LOG.warn("{}: record of unknown kind {} passed over", folder, type);
        }
        return true;
    }

    private Slot slot(FrameId frame) {
        Frames known = frames.get(frame.station());
        return known == null ? null : known.get(frame.position());
    }

    private void remember(FrameId frame, Slot slot) {
        frames.computeIfAbsent(frame.station(), s -> new Frames()).put(frame.position(), slot);
        newest.addLast(slot);
        if (newest.size() > LISTED) {
            newest.removeFirst();
        }
    }

    @Override
    public boolean append(Verdict verdict, Publication publication) throws IOException {
        boolean publish = publication == Publication.PUBLISH;
        long position;
        boolean known;
        synchronized (log) {
            Slot slot = slot(verdict.frame());
            known = slot != null && !log.lost(slot.position);
            if (known) {
                position = slot.position;
            } else {
                begin(publish ? VERDICT : KEPT_VERDICT, verdict.frame());
                record = json.verdict(sequence + 1, verdict, record);
                position = write();
                remember(verdict.frame(), new Slot(position, sequence, !publish));
                backlog += publish ? 1 : 0;
            }
        }
        force(position, publish && !known ? 1 : 0);
        if (publish && !known) {
            onAppend.run();
            onPublished.accept(verdict);
        }
        return !known;
    }

    @Override
    public void append(Overrule overrule) throws IOException {
        long position;
        int entries = 1;
        Optional<Verdict> released = Optional.empty();
        synchronized (log) {
            Slot known = slot(overrule.frame());
            if (known != null && known.kept) {
                released = entry(known).map(Entry::verdict);
                if (released.isPresent()) {
                    begin(RELEASED_VERDICT, overrule.frame());
                    record = json.verdict(sequence + 1, released.get(), record);
                    write();
                    entries++;
                }
                known.kept = false;
            }
            begin(OVERRULE, overrule.frame());
            record = json.overrule(sequence + 1, overrule, record);
            position = write();
            backlog += entries;
            if (known != null) {
                known.overrule = overrule;
            }
        }
        force(position, entries);
        onAppend.run();
        released.ifPresent(onPublished);
    }

    private void force(long position, int entries) throws IOException {
        try {
            log.force(position);
            synchronized (log) {
                problem = null;
            }
        } catch (IOException e) {
            synchronized (log) {
                backlog = Math.max(0, backlog - entries);
                problem = e.getMessage();
            }
            throw e;
        }
    }

    private void begin(byte type, FrameId frame) throws IOException {
        trim();
        byte[] station = frame.station().value().getBytes(StandardCharsets.US_ASCII);
        byte[] position = frame.position().getBytes(StandardCharsets.UTF_8);
        record.clear();
        record.put(type).putLong(sequence + 1);
        record.put((byte) station.length).put(station);
        record.putShort((short) position.length).put(position);
    }

    private long write() throws IOException {
        long position;
        try {
            position = log.append(record.flip());
        } catch (IOException e) {
            problem = e.getMessage();
            throw e;
        }
        sequence++;
        starts.putIfAbsent(RecordLog.segmentOf(position), sequence);
        return position;
    }

    private static FrameId readFrame(ByteBuffer payload) {
        byte[] station = new byte[payload.get()];
        payload.get(station);
        byte[] position = new byte[payload.getShort()];
        payload.get(position);
        return new FrameId(
                new StationId(new String(station, StandardCharsets.US_ASCII)),
                new String(position, StandardCharsets.UTF_8));
    }

    private void trim() throws IOException {
        if (trimmedAt == log.newest()) {
            return;
        }
        trimmedAt = log.newest();
        while (log.bytes() > maxBytes && log.oldest() < log.newest()) {
            long first = log.oldest() + 1;
            long gone = countUnconfirmed(0, first);
            dropped += gone;
            backlog = Math.max(0, backlog - gone);
            if (gone > 0) {
                LOG.warn(
                        "{}: bound of {} bytes reached, {} unconfirmed entries dropped",
                        folder,
                        maxBytes,
                        gone);
            }
            writeFrames(first);
            log.force(log.append(state(first)));
            log.dropBefore(first);
            starts.headMap(first).clear();
        }
    }

    /** Entries for the cloud that are not confirmed, from a segment to before another. */
    private long countUnconfirmed(long from, long before) throws IOException {
        long[] count = {0};
        log.visit(
                from << 32,
                (position, payload) -> {
                    if (RecordLog.segmentOf(position) >= before) {
                        return false;
                    }
                    if (leaves(payload.get()) && payload.getLong() > confirmed) {
                        count[0]++;
                    }
                    return true;
                });
        return count[0];
    }

    private static boolean leaves(byte type) {
        return type == VERDICT || type == RELEASED_VERDICT || type == OVERRULE;
    }

    private ByteBuffer state() {
        return state(log.oldest());
    }

    private ByteBuffer state(long firstSegment) {
        return ByteBuffer.allocate(33)
                .put(STATE)
                .putLong(firstSegment)
                .putLong(sequence)
                .putLong(confirmed)
                .putLong(dropped)
                .flip();
    }

    /**
     * Keeps the frames whose entries are about to go: one line each, the checksum of the rest in
     * the first.
     */
    private void writeFrames(long firstSegment) throws IOException {
        StringBuilder lines = new StringBuilder();
        frames.forEach(
                (station, slots) ->
                        slots.forEach(
                                (position, slot) -> {
                                    if (RecordLog.segmentOf(slot.position) < firstSegment) {
                                        lines.append(station)
                                                .append('\t')
                                                .append(position)
                                                .append('\n');
                                    }
                                }));
        byte[] content = lines.toString().getBytes(StandardCharsets.UTF_8);
        byte[] first = (checksum(content) + "\n").getBytes(StandardCharsets.US_ASCII);
        DurableFiles.replace(
                folder.resolve(FRAMES_FILE),
                ByteBuffer.allocate(first.length + content.length).put(first).put(content).array());
    }

    private void readFrames() throws IOException {
        Path file = folder.resolve(FRAMES_FILE);
        if (!Files.exists(file)) {
            return;
        }
        String text = Files.readString(file);
        int end = text.indexOf('\n') + 1;
        String content = text.substring(end);
        if (!text.substring(0, end)
                .trim()
                .equals(checksum(content.getBytes(StandardCharsets.UTF_8)))) {
            LOG.warn(
                    "{} is damaged: frames older than the journal's entries may be decided again",
                    file);
            return;
        }
        content.lines()
                .map(line -> line.split("\t", 2))
                .forEach(
                        line ->
                                frames.computeIfAbsent(new StationId(line[0]), s -> new Frames())
                                        .put(line[1], new Slot(0, 0, false)));
    }

    private static String checksum(byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content);
        return Long.toHexString(crc.getValue());
    }

    @Override
    public boolean contains(FrameId frame) {
        synchronized (log) {
            Slot slot = slot(frame);
            return slot != null && !log.lost(slot.position);
        }
    }

    @Override
    public List<Entry> newest(int limit) {
        List<Slot> slots = new ArrayList<>();
        synchronized (log) {
            Iterator<Slot> backwards = newest.descendingIterator();
            while (backwards.hasNext() && slots.size() < limit) {
                slots.add(backwards.next());
            }
        }
        List<Entry> entries = new ArrayList<>(slots.size());
        slots.forEach(slot -> entry(slot).ifPresent(entries::add));
        return entries;
    }

    @Override
    public Optional<Entry> find(FrameId frame) {
        Slot slot;
        synchronized (log) {
            slot = slot(frame);
        }
        return slot == null ? Optional.empty() : entry(slot);
    }

    private Optional<Entry> entry(Slot slot) {
        if (slot.position == 0 || log.lost(slot.position)) {
            return Optional.empty();
        }
        try {
            return log.read(slot.position).map(payload -> entry(slot, payload));
        } catch (IOException | JsonParseException e) {
            LOG.warn("{}: entry {} cannot be read: {}", folder, slot.sequence, e.toString());
            return Optional.empty();
        }
    }

    private static Entry entry(Slot slot, ByteBuffer payload) {
        payload.position(9);
        readFrame(payload);
        return new Entry(
                slot.sequence,
                EntryJson.verdict(EntryJson.parse(payload)),
                Optional.ofNullable(slot.overrule));
    }

    /** Where publishing stands in the journal; opaque. */
    public record Cursor(long position) {}

    /** Where the oldest entry that the cloud has not confirmed may be. */
    Cursor oldestUnconfirmed() {
        synchronized (log) {
            long segment = 0;
            for (Map.Entry<Long, Long> start : starts.entrySet()) {
                if (start.getValue() <= confirmed + 1) {
                    segment = start.getKey();
                }
            }
            return new Cursor(segment << 32);
        }
    }

    /**
     * The next durable entries for the cloud, and where to go on; without entries when there are
     * none.
     */
    Batch next(Cursor from, int maxEntries, int maxBytes) throws IOException {
        Batch.Builder batch = new Batch.Builder(confirmed(), maxEntries, maxBytes);
        long end =
                log.visit(
                        from.position(),
                        (position, payload) -> {
                            byte type = payload.get();
                            if (!leaves(type)) {
                                return true;
                            }
                            long number = payload.getLong();
                            FrameId frame = readFrame(payload);
                            return batch.offer(
                                    position, number, frame, type != OVERRULE, payload.slice());
                        });
        return batch.build(new Cursor(batch.rest().orElse(end)), dropped());
    }

    /**
     * The cloud has everything up to this sequence number, of which {@code entries} were not
     * confirmed before.
     */
    void confirm(long upTo, int entries) throws IOException {
        synchronized (log) {
            if (upTo > confirmed) {
                confirmed = upTo;
                backlog = Math.max(0, backlog - entries);
                log.append(ByteBuffer.allocate(9).put(CONFIRMED).putLong(upTo).flip());
            }
        }
    }

    /** Everything up to this sequence number was confirmed. */
    public long confirmed() {
        synchronized (log) {
            return confirmed;
        }
    }

    /** Entries that the bound dropped before they were confirmed, since the journal began. */
    public long dropped() {
        synchronized (log) {
            return dropped;
        }
    }

    /** Entries that wait for the cloud. */
    public long backlog() {
        synchronized (log) {
            return backlog;
        }
    }

    /** Why the newest entry could not be written; empty when it could. */
    public Optional<String> problem() {
        synchronized (log) {
            return Optional.ofNullable(problem);
        }
    }

    /** Bytes on the disk. */
    public long bytes() {
        return log.bytes();
    }

    @Override
    public void close() throws IOException {
        synchronized (log) {
            log.sync();
            log.close();
        }
    }
}
