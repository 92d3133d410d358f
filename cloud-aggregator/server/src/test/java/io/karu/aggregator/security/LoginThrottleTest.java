package io.karu.aggregator.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LoginThrottleTest {
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final LoginThrottle throttle =
            new LoginThrottle(
                    new Clock() {
                        @Override
                        public Instant instant() {
                            return now;
                        }

                        @Override
                        public ZoneId getZone() {
                            return ZoneOffset.UTC;
                        }

                        @Override
                        public Clock withZone(ZoneId zone) {
                            return this;
                        }
                    });

    @Test
    void theWaitDoublesWithEachFailureUpToFiveMinutes() {
        fail(5);
        assertEquals(Optional.of(Duration.ofSeconds(1)), throttle.mustWait("a", "admin"));
        fail(1);
        assertEquals(Optional.of(Duration.ofSeconds(2)), throttle.mustWait("a", "admin"));
        fail(20);
        assertEquals(Optional.of(Duration.ofMinutes(5)), throttle.mustWait("a", "admin"));
    }

    @Test
    void anotherAddressWaitsForTheSameNameAndAnotherNameForTheSameAddress() {
        fail(5);
        assertTrue(throttle.mustWait("b", "admin").isPresent());
        assertTrue(throttle.mustWait("a", "operator").isPresent());
        assertTrue(throttle.mustWait("b", "operator").isEmpty());
    }

    @Test
    void successAndTimeForget() {
        fail(5);
        throttle.succeeded("a", "admin");
        assertTrue(throttle.mustWait("a", "admin").isEmpty());
        fail(30);
        now = now.plus(Duration.ofMinutes(31));
        assertTrue(throttle.mustWait("a", "admin").isEmpty());
        fail(1);
        assertTrue(throttle.mustWait("a", "admin").isEmpty());
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            throttle.failed("a", "admin");
        }
    }
}
