package io.karu.station;

import io.karu.api.inspection.FrameView;
import io.karu.api.inspection.Verdict;
import io.karu.api.inspection.VerdictListener;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells listeners of verdicts on a thread of its own, through a bounded queue; what does not fit is
 * counted.
 */
final class ListenerDispatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ListenerDispatch.class);
    private static final int CAPACITY = 64;
    private static final long CLOSE_MILLIS = 2000;

    private final BlockingQueue<Notice> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final List<VerdictListener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong drops = new AtomicLong();
    private final Thread thread;
    private volatile boolean closed;

    private record Notice(Verdict verdict, FrameView view) {}

    ListenerDispatch(String name) {
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    void add(VerdictListener listener) {
        listeners.add(listener);
    }

    void remove(VerdictListener listener) {
        listeners.remove(listener);
    }

    boolean hasListeners() {
        return !listeners.isEmpty();
    }

    void tell(Verdict verdict, FrameView view) {
        if (!queue.offer(new Notice(verdict, view))) {
            drops.incrementAndGet();
        }
    }

    long drops() {
        return drops.get();
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closed) {
            try {
                Notice notice = queue.poll(1, TimeUnit.SECONDS);
                if (notice != null) {
                    listeners.forEach(listener -> tell(listener, notice));
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static void tell(VerdictListener listener, Notice notice) {
        try {
            listener.onVerdict(notice.verdict(), notice.view());
        } catch (RuntimeException | LinkageError e) {
            LOG.warn("a listener failed on the verdict of {}", notice.verdict().frame(), e);
        }
    }
}
