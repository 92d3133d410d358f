package io.karu.modelversion.signing;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Signature;
import java.util.Objects;
import java.util.Optional;

/**
 * A private key and the public key that gateways know it by. The private key may live in a hardware
 * module: it is only ever handed to {@link Signature}.
 *
 * @param privateKey Ed25519, or ECDSA on P-256
 * @param anchor the public half
 * @param provider who signs with it; absent: any that can
 */
public record SigningKey(PrivateKey privateKey, TrustAnchor anchor, Optional<Provider> provider) {
    public SigningKey {
        Objects.requireNonNull(privateKey, "privateKey");
        Objects.requireNonNull(anchor, "anchor");
        Objects.requireNonNull(provider, "provider");
    }

    /** A key that any provider can sign with. */
    public SigningKey(PrivateKey privateKey, TrustAnchor anchor) {
        this(privateKey, anchor, Optional.empty());
    }

    /** Signs bytes as they are. IllegalStateException when the key refuses. */
    byte[] sign(byte[] message) {
        try {
            Signature signature =
                    provider.isPresent()
                            ? Signature.getInstance(anchor.signature(), provider.get())
                            : Signature.getInstance(anchor.signature());
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
