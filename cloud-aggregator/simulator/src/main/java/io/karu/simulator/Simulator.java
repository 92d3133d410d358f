package io.karu.simulator;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fleet in one process: thousands of gateways share a few threads. Closing it takes every gateway
 * off the network without a goodbye.
 */
public final class Simulator implements AutoCloseable {
    private static final int CLOCK_THREADS = 2;
    private static final int DOWNLOAD_THREADS = 8;

    private final AtomicInteger number = new AtomicInteger();
    private final ScheduledExecutorService clock =
            Executors.newScheduledThreadPool(CLOCK_THREADS, work -> thread(work, "simulator-"));
    private final ExecutorService downloading =
            Executors.newFixedThreadPool(
                    DOWNLOAD_THREADS, work -> thread(work, "simulator-download-"));
    private final PackageCache packages = new PackageCache(downloading);
    private final List<SimulatedGateway> gateways = new CopyOnWriteArrayList<>();

    private Thread thread(Runnable work, String name) {
        Thread thread = new Thread(work, name + number.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }

    /** A gateway with nothing installed; not connected. */
    public SimulatedGateway gateway(Identity identity) {
        SimulatedGateway gateway = new SimulatedGateway(identity, this);
        gateways.add(gateway);
        return gateway;
    }

    public List<SimulatedGateway> gateways() {
        return List.copyOf(gateways);
    }

    PackageCache packages() {
        return packages;
    }

    ScheduledExecutorService clock() {
        return clock;
    }

    void later(Runnable work, long delay, TimeUnit unit) {
        try {
            if (delay <= 0) {
                clock.execute(work);
            } else {
                clock.schedule(work, delay, unit);
            }
        } catch (RejectedExecutionException e) {
            // the fleet is closing
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
        downloading.shutdownNow();
        gateways.forEach(SimulatedGateway::lose);
    }
}
