package io.karu.gateway.data;

/**
 * Kura's message rate limit: one token per interval, at most {@code burst} saved. Not thread-safe;
 * times are {@link System#nanoTime}.
 */
final class TokenBucket {

    private final long intervalNanos;
    private final int burst;
    private long tokens;
    private long refilledAt;

    TokenBucket(long intervalNanos, int burst, long now) {
        this.intervalNanos = intervalNanos;
        this.burst = burst;
        this.tokens = burst;
        this.refilledAt = now;
    }

    boolean take(long now) {
        refill(now);
        if (tokens == 0) {
            return false;
        }
        tokens--;
        return true;
    }

    long nanosToNext(long now) {
        refill(now);
        return tokens > 0 ? 0 : refilledAt + intervalNanos - now;
    }

    private void refill(long now) {
        long earned = (now - refilledAt) / intervalNanos;
        refilledAt += earned * intervalNanos;
        tokens = Math.min(burst, tokens + earned);
    }
}
