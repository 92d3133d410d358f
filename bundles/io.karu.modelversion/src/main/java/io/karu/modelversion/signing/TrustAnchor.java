package io.karu.modelversion.signing;

import io.karu.modelversion.Sha256;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A public key that a gateway believes.
 *
 * @param id first 32 hexadecimal digits of the SHA-256 of the key's X.509 encoding; names the key
 *     in envelopes and in messages to people
 * @param key Ed25519
 */
public record TrustAnchor(String id, PublicKey key) {
    static final String ALGORITHM = "Ed25519";

    private static final int ID_DIGITS = 32;
    private static final Pattern PEM =
            Pattern.compile(
                    "-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]+)-----END PUBLIC KEY-----");

    /** The anchor of a public key. IllegalArgumentException when it is not an Ed25519 key. */
    public static TrustAnchor of(PublicKey key) {
        if (!(key instanceof EdECPublicKey edwards)
                || !edwards.getParams().getName().equals(NamedParameterSpec.ED25519.getName())) {
            throw new IllegalArgumentException(
                    "a trust anchor is an Ed25519 key, this is " + key.getAlgorithm());
        }
        String id = Sha256.of(key.getEncoded()).hex().substring(0, ID_DIGITS);
        return new TrustAnchor(id, key);
    }

    /**
     * Reads every public key of a text in PEM; other text is passed over.
     *
     * @throws IllegalArgumentException when a key cannot be read
     */
    public static List<TrustAnchor> parse(String pem) {
        List<TrustAnchor> anchors = new ArrayList<>();
        Matcher keys = PEM.matcher(pem);
        while (keys.find()) {
            anchors.add(decode(keys.group(1).replaceAll("\\s", "")));
        }
        return anchors;
    }

    /** Reads a key from the Base64 of its X.509 encoding. */
    static TrustAnchor decode(String base64) {
        try {
            byte[] encoded = Base64.getDecoder().decode(base64);
            return of(
                    KeyFactory.getInstance(ALGORITHM)
                            .generatePublic(new X509EncodedKeySpec(encoded)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "a trust anchor cannot be read as an Ed25519 public key: " + e.getMessage(), e);
        }
    }

    /** The Base64 of the key's X.509 encoding. */
    String encoded() {
        return Base64.getEncoder().encodeToString(key.getEncoded());
    }

    /** The key in PEM, to be written into a gateway's configuration. */
    public String pem() {
        return "-----BEGIN PUBLIC KEY-----\n" + encoded() + "\n-----END PUBLIC KEY-----\n";
    }

    boolean verifies(byte[] message, byte[] signed) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(key);
            signature.update(message);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
