package io.karu.aggregator.fleet;

import io.karu.aggregator.store.Secrets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * PBKDF2 with HMAC-SHA-512 in the form {@code $7$iterations$salt$hash} that Mosquitto's password
 * file uses too, so that the same record serves either broker.
 */
public final class PasswordHash {
    private static final SecureRandom RANDOM = new SecureRandom();

    /**
     * Passwords are generated with 192 bits, so that guessing is hopeless; more rounds would only
     * keep thousands of gateways waiting that return after a restart. Ten times Mosquitto's own
     * default.
     */
    private static final int ITERATIONS = 1_000;

    /** Mosquitto accepts exactly this salt length. */
    private static final int SALT_BYTES = 12;

    private static final int HASH_BYTES = 64;
    private static final int PASSWORD_BITS = 192;

    private PasswordHash() {}

    /** A password that nobody has to type. */
    public static String generatePassword() {
        return Secrets.generate(PASSWORD_BITS);
    }

    public static String of(String password) {
        byte[] salt = new byte[SALT_BYTES];
        RANDOM.nextBytes(salt);
        Base64.Encoder base64 = Base64.getEncoder();
        return "$7$"
                + ITERATIONS
                + "$"
                + base64.encodeToString(salt)
                + "$"
                + base64.encodeToString(derive(password, salt, ITERATIONS));
    }

    public static boolean matches(String password, String hash) {
        String[] parts = hash.split("\\$");
        byte[] salt = Base64.getDecoder().decode(parts[3]);
        byte[] expected = Base64.getDecoder().decode(parts[4]);
        return MessageDigest.isEqual(expected, derive(password, salt, Integer.parseInt(parts[2])));
    }

    private static byte[] derive(String password, byte[] salt, int iterations) {
        PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, iterations, HASH_BYTES * 8);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } finally {
            spec.clearPassword();
        }
    }
}
