package io.karu.aggregator.fleet;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiPredicate;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Remembers for an hour which password was checked against which salted hash, so that a fleet that
 * returns at once does not cost a slow hash for each gateway. Of the password only an HMAC under a
 * key of this process is kept. The caller shows the hash that counts now: once a password is
 * renewed or a login removed, what was remembered of it is never asked for again. Thread-safe.
 */
final class VerifiedPasswords {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int KEY_BYTES = 32;
    private static final int CAPACITY = 20_000;
    static final Duration REMEMBERED = Duration.ofHours(1);

    private record Verified(byte[] code, Instant until) {}

    private final BiPredicate<String, String> check;
    private final Clock clock;
    private final SecretKeySpec key;
    private final Map<String, Verified> byHash =
            new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Verified> eldest) {
                    return size() > CAPACITY;
                }
            };

    /**
     * @param check whether a password belongs to a salted hash; slow
     */
    VerifiedPasswords(BiPredicate<String, String> check, Clock clock) {
        this.check = check;
        this.clock = clock;
        byte[] random = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(random);
        this.key = new SecretKeySpec(random, ALGORITHM);
    }

    /** Whether the password belongs to the salted hash that counts now. */
    boolean matches(String password, String passwordHash) {
        byte[] code = code(password, passwordHash);
        Instant now = clock.instant();
        synchronized (byHash) {
            Verified known = byHash.get(passwordHash);
            if (known != null
                    && now.isBefore(known.until())
                    && MessageDigest.isEqual(known.code(), code)) {
                return true;
            }
        }
        boolean right = check.test(password, passwordHash);
        if (right) {
            synchronized (byHash) {
                byHash.put(passwordHash, new Verified(code, now.plus(REMEMBERED)));
            }
        }
        return right;
    }

    private byte[] code(String password, String passwordHash) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(passwordHash.getBytes(StandardCharsets.UTF_8));
            mac.update((byte) 0);
            return mac.doFinal(password.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }
}
