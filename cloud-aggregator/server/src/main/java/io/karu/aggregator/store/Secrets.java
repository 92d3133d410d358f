package io.karu.aggregator.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/** Unguessable texts, and the form in which they are kept. */
public final class Secrets {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int TOKEN_BITS = 256;

    private Secrets() {}

    /** 256 random bits, safe in a URL. */
    public static String token() {
        return generate(TOKEN_BITS);
    }

    /** Random text of that many bits, a multiple of 8, safe in URLs and shells. */
    public static String generate(int bits) {
        byte[] random = new byte[bits / 8];
        RANDOM.nextBytes(random);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    /**
     * SHA-256 in hexadecimal: enough for secrets with at least 128 random bits, which need no salt.
     */
    public static String hash(String token) {
        return HexFormat.of().formatHex(sha256().digest(token.getBytes(StandardCharsets.UTF_8)));
    }

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes the secret as a file of one line, complete or not at all. */
    public static void write(Path file, String secret) throws IOException {
        PrivateFile.replace(file, secret + "\n");
    }
}
