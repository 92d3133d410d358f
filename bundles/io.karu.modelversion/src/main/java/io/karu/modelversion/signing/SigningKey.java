package io.karu.modelversion.signing;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.Objects;

/**
 * A private key and the public key that gateways know it by. The private key may live in a hardware
 * module: it is only ever handed to {@link Signature}.
 *
 * @param privateKey Ed25519
 * @param anchor the public half
 */
public record SigningKey(PrivateKey privateKey, TrustAnchor anchor) {
    public SigningKey {
        Objects.requireNonNull(privateKey, "privateKey");
        Objects.requireNonNull(anchor, "anchor");
    }

    /** Signs bytes as they are. IllegalStateException when the key refuses. */
    byte[] sign(byte[] message) {
        try {
            Signature signature = Signature.getInstance(TrustAnchor.ALGORITHM);
            signature.initSign(privateKey);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("key " + anchor.id() + " cannot sign", e);
        }
    }

    @Override
    public String toString() {
        return "SigningKey[" + anchor.id() + "]";
    }
}
