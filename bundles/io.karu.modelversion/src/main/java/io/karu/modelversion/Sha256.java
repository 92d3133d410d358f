package io.karu.modelversion;

import io.karu.api.model.Digest;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256, which every Java runtime has, and digests made with it. */
public final class Sha256 {
    private Sha256() {}

    /** A digest under construction. */
    public static MessageDigest begin() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Ends a digest; it begins anew. */
    public static Digest end(MessageDigest digest) {
        return new Digest("sha256:" + HexFormat.of().formatHex(digest.digest()));
    }

    /** The digest of these bytes. */
    public static Digest of(byte[] content) {
        MessageDigest digest = begin();
        digest.update(content);
        return end(digest);
    }
}
