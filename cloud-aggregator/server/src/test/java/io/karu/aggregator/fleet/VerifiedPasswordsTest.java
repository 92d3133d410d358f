package io.karu.aggregator.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class VerifiedPasswordsTest {
    private final String password = PasswordHash.generatePassword();
    private final String hash = PasswordHash.of(password);
    private final Hands hands = new Hands();
    private int checks;
    private final VerifiedPasswords passwords =
            new VerifiedPasswords(
                    (shown, counts) -> {
                        checks++;
                        return PasswordHash.matches(shown, counts);
                    },
                    hands);

    /** A clock that is set. */
    private static final class Hands extends Clock {
        private Instant now = Instant.parse("2026-01-01T00:00:00Z");

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    @Test
    void aPasswordThatReturnsIsNotHashedAgain() {
        for (int i = 0; i < 100; i++) {
            assertTrue(passwords.matches(password, hash));
        }
        assertEquals(1, checks);
    }

    @Test
    void aWrongPasswordIsNeverRemembered() {
        passwords.matches(password, hash);
        assertFalse(passwords.matches("wrong", hash));
        assertFalse(passwords.matches("wrong", hash));
        assertFalse(passwords.matches("", hash));
        assertTrue(passwords.matches(password, hash));
        assertEquals(4, checks);
    }

    @Test
    void aRenewedPasswordEndsTheOldOneAtOnce() {
        assertTrue(passwords.matches(password, hash));
        String renewed = PasswordHash.of(PasswordHash.generatePassword());
        assertFalse(passwords.matches(password, renewed));
    }

    @Test
    void aNewHashOfTheSamePasswordIsCheckedByItself() {
        assertTrue(passwords.matches(password, hash));
        assertTrue(passwords.matches(password, PasswordHash.of(password)));
        assertEquals(2, checks);
    }

    @Test
    void whatIsRememberedEnds() {
        passwords.matches(password, hash);
        hands.now = hands.now.plus(VerifiedPasswords.REMEMBERED).minus(Duration.ofSeconds(1));
        assertTrue(passwords.matches(password, hash));
        assertEquals(1, checks);
        hands.now = hands.now.plusSeconds(2);
        assertTrue(passwords.matches(password, hash));
        assertEquals(2, checks);
    }

    @Test
    void hashesOfEarlierReleasesStillCount() {
        String earlier =
                "$7$10000$AAECAwQFBgcICQoL$"
                        + "0EzyXIGQg51HjJQY4Q2d5/7JwPTT63Wlr4sH6aEMZbFKNEb+4KOs4Hhh+XiV5G07p+TCdtGcC8TdG32af68uFg==";
        assertTrue(passwords.matches("gateway-secret", earlier));
        assertFalse(passwords.matches("gateway-secreT", earlier));
    }
}
