package io.karu.engine.onnx;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the uses of something native, so that it is freed only when nobody uses it. */
final class UseGate {
    private static final int CLOSED = Integer.MIN_VALUE;

    /** Uses in progress; the sign bit is set once closed. */
    private final AtomicInteger state = new AtomicInteger();

    /** Begins a use, or returns false when closed. Every true is followed by one {@link #exit}. */
    boolean enter() {
        for (int seen = state.get(); seen >= 0; seen = state.get()) {
            if (state.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
        return false;
    }

    void exit() {
        if (state.decrementAndGet() == CLOSED) {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    /** Refuses new uses from now on. Returns false when it was closed before. */
    boolean close() {
        return state.getAndUpdate(uses -> uses | CLOSED) >= 0;
    }

    /** Waits until no use is left; false when some are left after the deadline. */
    boolean awaitUnused(Duration deadline) {
        long end = System.nanoTime() + deadline.toNanos();
        boolean interrupted = false;
        synchronized (this) {
            while (state.get() != CLOSED) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    break;
                }
                try {
                    wait(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return state.get() == CLOSED;
    }

    /** Uses in progress. */
    int uses() {
        return state.get() & Integer.MAX_VALUE;
    }
}
