package io.karu.aggregator.security;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Slows guessing down: after five failures each further one doubles the wait, from one second to
 * five minutes, counted per address and per name. Thread-safe.
 */
public final class LoginThrottle {
    private static final int FREE_FAILURES = 5;
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final Duration FORGET = Duration.ofMinutes(30);
    private static final int MOST_KEYS = 10_000;

    private final Clock clock;
    private final Map<String, Failures> failures =
            new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Failures> eldest) {
                    return size() > MOST_KEYS;
                }
            };

    public LoginThrottle(Clock clock) {
        this.clock = clock;
    }

    /** How long this address or name must wait; absent when it may try now. */
    public synchronized Optional<Duration> mustWait(String address, String name) {
        Instant now = clock.instant();
        Duration wait = Duration.ZERO;
        for (String key : keys(address, name)) {
            Failures known = failures.get(key);
            if (known != null && known.last.plus(FORGET).isBefore(now)) {
                failures.remove(key);
            } else if (known != null && known.allowedAt().isAfter(now)) {
                Duration left = Duration.between(now, known.allowedAt());
                wait = left.compareTo(wait) > 0 ? left : wait;
            }
        }
        return wait.isZero() ? Optional.empty() : Optional.of(wait);
    }

    public synchronized void failed(String address, String name) {
        for (String key : keys(address, name)) {
            Failures known = failures.remove(key);
            failures.put(key, new Failures(known == null ? 1 : known.count + 1, clock.instant()));
        }
    }

    public synchronized void succeeded(String address, String name) {
        for (String key : keys(address, name)) {
            failures.remove(key);
        }
    }

    private static String[] keys(String address, String name) {
        return new String[] {"address " + address, "name " + name};
    }

    private record Failures(int count, Instant last) {
        Instant allowedAt() {
            if (count < FREE_FAILURES) {
                return last;
            }
            long seconds = 1L << Math.min(count - FREE_FAILURES, 20);
            return last.plusSeconds(Math.min(seconds, LONGEST.toSeconds()));
        }
    }
}
