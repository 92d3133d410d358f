package io.karu.uplink;

import io.karu.api.model.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What waits to be sent, on disk as one empty file per blob, so that a restart goes on where it
 * was. Bounded: when full, the least urgent goes, of these the oldest.
 */
final class TransferQueue {
    /** How urgent a blob is, most urgent first. */
    enum Urgency {
        /** A person opened the verdict. */
        REQUESTED,
        /** The part was rejected or is to be reviewed. */
        SUSPECT,
        ROUTINE
    }

    /**
     * One blob to be sent.
     *
     * @param kind {@code image}, {@code heatmap} or {@code blob}
     * @param number order of arrival
     */
    record Item(Urgency urgency, long number, String kind, Digest digest) {
        private String fileName() {
            return urgency.ordinal() + "_" + number + "_" + kind + "_" + digest.hex();
        }

        private static Item parse(String fileName) {
            String[] parts = fileName.split("_", 4);
            return new Item(
                    Urgency.values()[Integer.parseInt(parts[0])],
                    Long.parseLong(parts[1]),
                    parts[2],
                    new Digest("sha256:" + parts[3]));
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(TransferQueue.class);
    private static final Comparator<Item> ORDER =
            Comparator.comparing(Item::urgency).thenComparingLong(Item::number);

    private final Path folder;
    private final int capacity;
    private final TreeSet<Item> items = new TreeSet<>(ORDER);
    private final Map<Digest, Item> byDigest = new HashMap<>();
    private long number;
    private long overflowed;

    TransferQueue(Path folder, int capacity) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.capacity = capacity;
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(this::read);
        }
    }

    private void read(Path file) {
        try {
            Item item = Item.parse(file.getFileName().toString());
            number = Math.max(number, item.number());
            Item other = byDigest.get(item.digest());
            if (other == null) {
                insert(item);
            } else {
                Files.delete(file);
            }
        } catch (IllegalArgumentException | IndexOutOfBoundsException | IOException e) {
            LOG.warn("{} is no entry of the transfer queue, passed over", file);
        }
    }

    private void insert(Item item) {
        items.add(item);
        byDigest.put(item.digest(), item);
    }

    /** Adds a blob, or makes it more urgent. */
    synchronized void add(Urgency urgency, String kind, Digest digest) throws IOException {
        Item known = byDigest.get(digest);
        if (known != null && known.urgency().compareTo(urgency) <= 0) {
            return;
        }
        if (known == null && items.size() >= capacity) {
            overflowed++;
            Urgency least = items.last().urgency();
            if (least.compareTo(urgency) < 0) {
                return;
            }
            remove(items.ceiling(new Item(least, 0, "", digest)));
        }
        Item item = new Item(urgency, ++number, kind, digest);
        Files.createFile(folder.resolve(item.fileName()));
        if (known != null) {
            remove(known);
        }
        insert(item);
    }

    /** The most urgent item that is ready. */
    synchronized Optional<Item> first(Predicate<Item> ready) {
        return items.stream().filter(ready).findFirst();
    }

    /** The item was sent or given up. */
    synchronized void remove(Item item) throws IOException {
        Files.deleteIfExists(folder.resolve(item.fileName()));
        items.remove(item);
        byDigest.remove(item.digest(), item);
    }

    synchronized int size() {
        return items.size();
    }

    synchronized long overflowed() {
        return overflowed;
    }
}
