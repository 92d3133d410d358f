package io.karu.aggregator.event;

import io.karu.aggregator.store.DatabaseThreads;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers events to subscribers on its own thread, in the order of publication. Publishing never
 * waits: when the bounded queue is full the oldest undelivered event is dropped. Subscribers must
 * be quick. Thread-safe.
 */
public final class EventBus implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventBus.class);
    private static final int CAPACITY = 10_000;

    private final List<Consumer<? super Event>> subscribers = new CopyOnWriteArrayList<>();
    private final ExecutorService delivery =
            new ThreadPoolExecutor(
                    1,
                    1,
                    0,
                    TimeUnit.SECONDS,
                    new LinkedBlockingQueue<>(CAPACITY),
                    work -> new Thread(work, "events"),
                    new ThreadPoolExecutor.DiscardOldestPolicy());

    /** A subscription; closing it ends delivery. */
    public interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    public Subscription subscribe(Consumer<? super Event> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        Consumer<? super Event> own = subscriber::accept;
        subscribers.add(own);
        return () -> subscribers.remove(own);
    }

    public void publish(Event event) {
        Objects.requireNonNull(event, "event");
        delivery.execute(() -> deliver(event));
    }

    private void deliver(Event event) {
        for (Consumer<? super Event> subscriber : subscribers) {
            try {
                subscriber.accept(event);
            } catch (RuntimeException e) {
                LOG.warn("A subscriber failed on {}", event.getClass().getSimpleName(), e);
            }
        }
    }

    @Override
    public void close() {
        DatabaseThreads.end(delivery);
    }
}
