package io.karu.gateway.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.ObjectDataType;

/**
 * The durable queue between publishers and the broker. A message is queued, then in flight (sent at
 * QoS 1 or 2, not yet confirmed), then completed; completed messages count towards the capacity
 * until they are purged, as on Kura. Each operation is one commit to the file, so the store
 * survives the end of the process at any point; a power cut may undo the newest ones. Thread-safe.
 */
final class MessageStore implements AutoCloseable {

    private static final int CACHE_MEBIBYTES = 1;
    private static final int COMPACT_BELOW_PERCENT = 60;
    private static final int COMPACT_AT_MOST_BYTES = 8 << 20;
    private static final String LAST_ID = "last id";

    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "karu-data-store"));
    private final MVStore store;
    private final MVMap<Integer, StoredMessage> messages;
    private final MVMap<Long, Integer> queue;
    private final MVMap<Integer, Long> inFlight;
    private final MVMap<Integer, Long> completed;
    private final MVMap<String, Integer> counters;

    MessageStore(Path file) {
        try {
            Files.createDirectories(file.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot create the message store's folder", e);
        }
        store =
                onStoreThread(
                        () ->
                                new MVStore.Builder()
                                        .fileName(file.toString())
                                        .cacheSize(CACHE_MEBIBYTES)
                                        .autoCommitDisabled()
                                        .open());
        messages =
                store.openMap(
                        "messages",
                        new MVMap.Builder<Integer, StoredMessage>()
                                .keyType(new ObjectDataType())
                                .valueType(new StoredMessageType()));
        queue =
                store.openMap(
                        "queue", new MVMap.Builder<Long, Integer>().keyType(LongDataType.INSTANCE));
        inFlight = store.openMap("inFlight");
        completed = store.openMap("completed");
        counters = store.openMap("counters");
    }

    /** A queued message and the id that its publisher was given. */
    record Queued(int id, StoredMessage message) {}

    int add(StoredMessage message) {
        return onStoreThread(
                () -> {
                    int id = counters.getOrDefault(LAST_ID, 0) % Integer.MAX_VALUE + 1;
                    counters.put(LAST_ID, id);
                    messages.put(id, message);
                    queue.put(place(message, id), id);
                    store.commit();
                    return id;
                });
    }

    /** The next message to send: lowest priority number first, then oldest. */
    Optional<Queued> next() {
        return onStoreThread(
                () -> {
                    Long first = queue.firstKey();
                    if (first == null) {
                        return Optional.empty();
                    }
                    int id = queue.get(first);
                    return Optional.of(new Queued(id, messages.get(id)));
                });
    }

    void sent(int id, long at) {
        onStoreThread(
                () -> {
                    queue.remove(place(messages.get(id), id));
                    inFlight.put(id, at);
                    return store.commit();
                });
    }

    void complete(int id, long at) {
        onStoreThread(
                () -> {
                    StoredMessage message = messages.get(id);
                    if (message != null) {
                        queue.remove(place(message, id));
                        inFlight.remove(id);
                        completed.put(id, at);
                    }
                    return store.commit();
                });
    }

    void requeue(int id) {
        onStoreThread(
                () -> {
                    putBack(id);
                    return store.commit();
                });
    }

    /** Puts all messages in flight back in the queue, at their old places. */
    int requeueInFlight() {
        return onStoreThread(
                () -> {
                    List<Integer> ids = List.copyOf(inFlight.keySet());
                    ids.forEach(this::putBack);
                    store.commit();
                    return ids.size();
                });
    }

    int dropInFlight() {
        return onStoreThread(
                () -> {
                    List<Integer> ids = List.copyOf(inFlight.keySet());
                    for (int id : ids) {
                        inFlight.remove(id);
                        messages.remove(id);
                    }
                    store.commit();
                    return ids.size();
                });
    }

    /** Forgets messages that were completed before {@code limit} (ms epoch). */
    int purge(long limit) {
        return onStoreThread(
                () -> {
                    List<Integer> old =
                            completed.entrySet().stream()
                                    .filter(entry -> entry.getValue() < limit)
                                    .map(Map.Entry::getKey)
                                    .toList();
                    for (int id : old) {
                        completed.remove(id);
                        messages.remove(id);
                    }
                    store.commit();
                    store.compact(COMPACT_BELOW_PERCENT, COMPACT_AT_MOST_BYTES);
                    return old.size();
                });
    }

    /** All messages that the file holds, completed ones included. */
    int size() {
        return onStoreThread(messages::size);
    }

    boolean isQueued(int id) {
        return onStoreThread(
                () -> {
                    StoredMessage message = messages.get(id);
                    return message != null && queue.containsKey(place(message, id));
                });
    }

    @Override
    public void close() {
        onStoreThread(
                () -> {
                    store.close();
                    return null;
                });
        thread.shutdown();
    }

    private void putBack(int id) {
        if (inFlight.remove(id) != null) {
            queue.put(place(messages.get(id), id), id);
        }
    }

    /**
     * An interrupt during file access closes the file for good, and publishers may be interrupted
     * at any time: so the file is used by a thread that nobody interrupts, and the caller's
     * interrupt is kept for later.
     */
    private <T> T onStoreThread(Supplier<T> operation) {
        Future<T> result = thread.submit(operation::get);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw new IllegalStateException(
                            "The message store failed: " + e.getCause().getMessage(), e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static long place(StoredMessage message, int id) {
        return (long) message.priority() << Integer.SIZE | id;
    }
}
