package io.karu.station;

import io.karu.api.inspection.Frame;
import io.karu.api.inspection.StationBusyException;
import io.karu.api.inspection.Verdict;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The bounded ring of pushed frames. Each is answered when its verdict is journaled, or refused
 * with a reason.
 */
final class PushQueue {
    private final ArrayDeque<Push> queue = new ArrayDeque<>();

    /** A frame and whoever waits for its verdict. */
    record Push(Frame frame, CompletableFuture<Verdict> answer, long sinceNanos) {
        void refuse(String reason, Duration retryAfter) {
            answer.completeExceptionally(new StationBusyException(reason, retryAfter));
        }
    }

    /** Adds a frame if fewer than {@code size} wait; null when there is no room. */
    synchronized Push offer(Frame frame, int size) {
        if (queue.size() >= size) {
            return null;
        }
        Push push = new Push(frame, new CompletableFuture<>(), System.nanoTime());
        queue.add(push);
        return push;
    }

    /** The oldest frame, or null. */
    synchronized Push poll() {
        return queue.poll();
    }

    /** Takes a frame back that was not yet polled; false when inspection has begun. */
    synchronized boolean withdraw(Push push) {
        return queue.remove(push);
    }

    synchronized int size() {
        return queue.size();
    }

    /** Refuses every waiting frame. */
    void refuseAll(String reason, Duration retryAfter) {
        List<Push> refused;
        synchronized (this) {
            refused = new ArrayList<>(queue);
            queue.clear();
        }
        refused.forEach(push -> push.refuse(reason, retryAfter));
    }
}
