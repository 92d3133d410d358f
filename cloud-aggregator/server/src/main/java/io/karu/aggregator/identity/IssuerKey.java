package io.karu.aggregator.identity;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * What signs certificates.
 *
 * @param chain the certificate of {@code key}, then those above it
 */
record IssuerKey(PrivateKey key, List<X509Certificate> chain) {
    private static final int KEY_CERT_SIGN = 5;
    private static final int CRL_SIGN = 6;

    IssuerKey {
        chain = List.copyOf(chain);
    }

    /**
     * Reads the one key of a PKCS #12 file that somebody made elsewhere.
     *
     * @throws IOException naming why it cannot sign certificates and revocation lists
     */
    static IssuerKey read(Path file, char[] password) throws IOException {
        KeyStore store;
        try {
            store = KeyFolder.load(file, password);
        } catch (IOException | GeneralSecurityException e) {
            throw refused(file, e.toString());
        }
        try {
            List<String> keys = new ArrayList<>();
            for (String alias : Collections.list(store.aliases())) {
                if (store.isKeyEntry(alias)) {
                    keys.add(alias);
                }
            }
            if (keys.size() != 1) {
                throw refused(file, "holds " + keys.size() + " keys; give it exactly one");
            }
            List<X509Certificate> chain = new ArrayList<>();
            for (Certificate certificate : store.getCertificateChain(keys.get(0))) {
                chain.add((X509Certificate) certificate);
            }
            IssuerKey read = new IssuerKey((PrivateKey) store.getKey(keys.get(0), password), chain);
            read.check(file);
            return read;
        } catch (GeneralSecurityException e) {
            throw refused(file, "cannot be read: " + e.getMessage());
        }
    }

    private void check(Path file) throws IOException, GeneralSecurityException {
        X509Certificate own = certificate();
        if (own.getBasicConstraints() < 0) {
            throw refused(
                    file,
                    own.getSubjectX500Principal() + " is no authority (basicConstraints CA:TRUE)");
        }
        boolean[] usage = own.getKeyUsage();
        if (usage != null && !(usage[KEY_CERT_SIGN] && usage[CRL_SIGN])) {
            throw refused(
                    file,
                    own.getSubjectX500Principal()
                            + " may not sign certificates and revocation lists (keyUsage keyCertSign, cRLSign)");
        }
        own.checkValidity();
        Signature signature = Signature.getInstance(algorithm());
        signature.initSign(key);
        signature.update(own.getEncoded());
        byte[] signed = signature.sign();
        signature.initVerify(own.getPublicKey());
        signature.update(own.getEncoded());
        if (!signature.verify(signed)) {
            throw refused(file, "the key is not that of " + own.getSubjectX500Principal());
        }
    }

    private static IOException refused(Path file, String reason) {
        return new IOException("the authority in " + file + " cannot be used: " + reason);
    }

    X509Certificate certificate() {
        return chain.get(0);
    }

    X500Name name() {
        return X500Name.getInstance(certificate().getSubjectX500Principal().getEncoded());
    }

    ContentSigner signer() throws OperatorCreationException {
        return new JcaContentSignerBuilder(algorithm()).build(key);
    }

    private String algorithm() {
        return switch (certificate().getPublicKey().getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EdDSA", "Ed25519" -> "Ed25519";
            default -> "SHA256withECDSA";
        };
    }

    boolean issued(X509Certificate certificate) {
        try {
            certificate.verify(certificate().getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return "IssuerKey[" + certificate().getSubjectX500Principal() + "]";
    }
}
