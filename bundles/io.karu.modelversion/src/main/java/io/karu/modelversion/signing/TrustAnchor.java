package io.karu.modelversion.signing;

import io.karu.modelversion.Sha256;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.InvalidKeySpecException;
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
 * @param key Ed25519, or ECDSA on P-256
 */
public record TrustAnchor(String id, PublicKey key) {
    private static final String ED25519 = "Ed25519";
    private static final String EC = "EC";

    private static final int ID_DIGITS = 32;
    private static final Pattern PEM =
            Pattern.compile(
                    "-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]+)-----END PUBLIC KEY-----");

    /**
     * The anchor of a public key. IllegalArgumentException when it is neither an Ed25519 key nor an
     * ECDSA key on P-256.
     */
    public static TrustAnchor of(PublicKey key) {
        boolean edwards =
                key instanceof EdECPublicKey ed
                        && ed.getParams().getName().equals(NamedParameterSpec.ED25519.getName());
        if (!edwards && !isP256(key)) {
            throw new IllegalArgumentException(
                    "a trust anchor is an Ed25519 key or an ECDSA key on P-256, this is "
                            + key.getAlgorithm());
        }
        String id = Sha256.of(key.getEncoded()).hex().substring(0, ID_DIGITS);
        return new TrustAnchor(id, key);
    }

    private static boolean isP256(PublicKey key) {
        try {
            return key instanceof ECPublicKey elliptic
                    && elliptic.getParams().getOrder().equals(orderOfP256());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime knows no P-256", e);
        }
    }

    private static BigInteger orderOfP256() throws GeneralSecurityException {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance(EC);
        parameters.init(new ECGenParameterSpec("secp256r1"));
        return parameters.getParameterSpec(ECParameterSpec.class).getOrder();
    }

    /** What JCA calls the signature that the key's owner makes; ECDSA's is DER, as X9.62 says. */
    String signature() {
        return key instanceof EdECPublicKey ? ED25519 : "SHA256withECDSA";
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
        byte[] encoded;
        try {
            encoded = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "a trust anchor is not Base64: " + e.getMessage(), e);
        }
        for (String algorithm : List.of(ED25519, EC)) {
            try {
                return of(
                        KeyFactory.getInstance(algorithm)
                                .generatePublic(new X509EncodedKeySpec(encoded)));
            } catch (InvalidKeySpecException e) {
                continue; // of the other algorithm
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
        throw new IllegalArgumentException(
                "a trust anchor cannot be read as an Ed25519 or ECDSA public key");
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
            Signature signature = Signature.getInstance(signature());
            signature.initVerify(key);
            signature.update(message);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
