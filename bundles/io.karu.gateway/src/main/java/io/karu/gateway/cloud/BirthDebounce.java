package io.karu.gateway.cloud;

import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Kura announces changes 30 s after the last of them: every change restarts the timer. The system
 * property {@code karu.gateway.birth.debounce} sets another time, in milliseconds.
 */
final class BirthDebounce implements AutoCloseable {

    private static final long DEFAULT_MILLIS = 30_000;

    /** What is announced; both have the same payload. */
    enum Announcement {
        BIRTH,
        APPS
    }

    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    task -> new Thread(task, "karu-cloud-birth"));
    private final Consumer<Announcement> announce;
    private final long millis = Long.getLong("karu.gateway.birth.debounce", DEFAULT_MILLIS);
    private final Set<Announcement> due = EnumSet.noneOf(Announcement.class);
    private ScheduledFuture<?> scheduled;

    BirthDebounce(Consumer<Announcement> announce) {
        this.announce = announce;
    }

    void birth() {
        restart(Announcement.BIRTH);
    }

    void apps() {
        restart(Announcement.APPS);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private synchronized void restart(Announcement announcement) {
        due.add(announcement);
        if (scheduled != null) {
            scheduled.cancel(false);
        }
        try {
            scheduled = timer.schedule(this::fire, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            due.clear();
        }
    }

    private void fire() {
        Set<Announcement> announced;
        synchronized (this) {
            announced = EnumSet.copyOf(due);
            due.clear();
        }
        announced.forEach(announce);
    }
}
