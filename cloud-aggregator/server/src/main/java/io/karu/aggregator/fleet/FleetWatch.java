package io.karu.aggregator.fleet;

import io.karu.aggregator.AggregatorException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads each gateway after it speaks up and periodically, and tells who wants to compare. */
public final class FleetWatch implements PresenceTracker.Listener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FleetWatch.class);
    private static final int READING_THREADS = 4;
    private static final Duration STOP_DEADLINE = Duration.ofSeconds(10);

    private final GatewayStore store;
    private final GatewayReader reader;
    private final Duration period;
    private final Set<GatewayId> beingRead = ConcurrentHashMap.newKeySet();
    private final Set<GatewayId> readAgain = ConcurrentHashMap.newKeySet();
    private final List<Consumer<GatewayId>> readers = new CopyOnWriteArrayList<>();
    private final BooleanSupplier acting;
    private volatile boolean stopping;
    private final AtomicInteger threads = new AtomicInteger();
    private final ExecutorService reading =
            Executors.newFixedThreadPool(
                    READING_THREADS,
                    work -> new Thread(work, "fleet-reader-" + threads.incrementAndGet()));
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "fleet-watch"));

    /**
     * @param acting whether this aggregator of several reads gateways now
     */
    public FleetWatch(
            GatewayStore store, GatewayReader reader, Duration period, BooleanSupplier acting) {
        this.acting = acting;
        this.store = store;
        this.reader = reader;
        this.period = period;
    }

    /** Registers who is told after each successful reading, on a reading thread. */
    public void afterReading(Consumer<GatewayId> consumer) {
        readers.add(consumer);
    }

    /** Begins; reads every gateway that may be there at once. */
    public void start() {
        clock.scheduleWithFixedDelay(this::readAll, 0, period.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void readAll() {
        try {
            for (Gateway gateway : store.list()) {
                if (gateway.online() || gateway.presence() == Presence.UNKNOWN) {
                    read(gateway.id());
                }
            }
        } catch (RuntimeException e) {
            LOG.warn("The fleet cannot be read now", e);
        }
    }

    /** Reads the gateway soon; once more when asked during a reading. */
    public void read(GatewayId gateway) {
        if (stopping || !acting.getAsBoolean()) {
            return;
        }
        if (beingRead.add(gateway)) {
            try {
                reading.execute(() -> readNow(gateway));
            } catch (RejectedExecutionException e) {
                LOG.debug("{} is not read: stopping", gateway);
            }
        } else {
            readAgain.add(gateway);
        }
    }

    /** Reads the gateway after a delay. */
    public void readAfter(GatewayId gateway, Duration delay) {
        if (delay.isZero()) {
            read(gateway);
            return;
        }
        try {
            clock.schedule(() -> read(gateway), delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("{} is not read: stopping", gateway);
        }
    }

    private void readNow(GatewayId gateway) {
        try {
            do {
                readAgain.remove(gateway);
                reader.read(gateway);
                for (Consumer<GatewayId> consumer : readers) {
                    consumer.accept(gateway);
                }
            } while (readAgain.contains(gateway) && !stopping);
        } catch (AggregatorException e) {
            LOG.debug("{} was not read: {}", gateway, e.getMessage());
        } catch (RuntimeException e) {
            LOG.warn("{} was not read", gateway, e);
        } finally {
            beingRead.remove(gateway);
        }
        if (readAgain.remove(gateway)) {
            read(gateway);
        }
    }

    @Override
    public void born(GatewayId gateway) {
        read(gateway);
    }

    @Override
    public void gone(GatewayId gateway, String reason) {
        readAgain.remove(gateway);
    }

    /** Lets readings end; an interrupt could close the database's file. */
    @Override
    public void close() {
        stopping = true;
        clock.shutdown();
        reading.shutdown();
        try {
            if (!reading.awaitTermination(STOP_DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                LOG.warn("A reading did not end within {} s", STOP_DEADLINE.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
