package io.karu.page;

import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * Hands events to those who watch; who is too slow is told to read everything again. Thread-safe.
 */
final class LiveEvents {
    /** Each keeps a thread of the HTTP server, which may have no more than 16. */
    static final int MOST_WATCHERS = 6;

    private static final int WAITING = 64;

    /** One event of a server-sent stream. */
    record Event(String name, String data) {}

    /** One page that watches. */
    static final class Watcher {
        private final BlockingQueue<Event> events = new ArrayBlockingQueue<>(WAITING);
        private volatile boolean missed;
        private volatile boolean ended;

        private void offer(Event event) {
            if (!events.offer(event)) {
                missed = true;
            }
        }

        /** The next event, or empty when none came within the wait. */
        Optional<Event> next(Duration wait) throws InterruptedException {
            Event event = events.poll(wait.toMillis(), TimeUnit.MILLISECONDS);
            if (event == null && missed) {
                missed = false;
                return Optional.of(new Event("reload", "{}"));
            }
            return Optional.ofNullable(event);
        }

        boolean ended() {
            return ended;
        }
    }

    private static final Event END = new Event("end", "{}");
    private final List<Watcher> watchers = new CopyOnWriteArrayList<>();
    private boolean closed;

    /** Begins to watch; empty when too many do already. */
    synchronized Optional<Watcher> watch() {
        if (closed || watchers.size() >= MOST_WATCHERS) {
            return Optional.empty();
        }
        Watcher watcher = new Watcher();
        watchers.add(watcher);
        return Optional.of(watcher);
    }

    void leave(Watcher watcher) {
        watchers.remove(watcher);
    }

    boolean watched() {
        return !watchers.isEmpty();
    }

    void send(String name, JsonObject data) {
        Event event = new Event(name, data.toString());
        watchers.forEach(watcher -> watcher.offer(event));
    }

    synchronized void close() {
        closed = true;
        watchers.forEach(
                watcher -> {
                    watcher.ended = true;
                    watcher.offer(END);
                });
    }
}
