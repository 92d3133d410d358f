package io.karu.gateway.identity;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.eclipse.kura.identity.PasswordHash;

/** A salted PBKDF2 hash, as text {@code salt:hash} in base64. */
record PasswordCheck(byte[] salt, byte[] hash) implements PasswordHash {

    private static final int ITERATIONS = 20_000;
    private static final int BITS = 256;

    static PasswordCheck of(char[] password) {
        byte[] salt = new byte[16];
        new SecureRandom().nextBytes(salt);
        return new PasswordCheck(salt, hash(password, salt));
    }

    static PasswordCheck parse(String text) {
        String[] parts = text.split(":");
        return new PasswordCheck(
                Base64.getDecoder().decode(parts[0]), Base64.getDecoder().decode(parts[1]));
    }

    boolean accepts(char[] password) {
        return MessageDigest.isEqual(hash, hash(password, salt));
    }

    private static byte[] hash(char[] password, byte[] salt) {
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(password, salt, ITERATIONS, BITS))
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    String text() {
        Base64.Encoder base64 = Base64.getEncoder();
        return base64.encodeToString(salt) + ":" + base64.encodeToString(hash);
    }
}
