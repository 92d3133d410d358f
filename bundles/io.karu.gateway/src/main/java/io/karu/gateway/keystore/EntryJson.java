package io.karu.gateway.keystore;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore.Entry;
import java.security.KeyStore.PrivateKeyEntry;
import java.security.KeyStore.TrustedCertificateEntry;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Entries of key stores as KEYS-V1 tells them. */
final class EntryJson {

    private static final String LINE = System.lineSeparator();

    private EntryJson() {}

    /** Absent for what is neither a private key nor a certificate to trust. */
    static Optional<JsonObject> of(
            String pid, String alias, Entry entry, boolean withCertificates) {
        JsonObject told = new JsonObject();
        told.addProperty("keystoreServicePid", pid);
        told.addProperty("alias", alias);
        if (entry instanceof PrivateKeyEntry key) {
            told.addProperty("type", "PRIVATE_KEY");
            told.addProperty("algorithm", key.getPrivateKey().getAlgorithm());
            told.addProperty("size", size(key.getCertificate().getPublicKey()));
            if (withCertificates) {
                JsonArray chain = new JsonArray();
                for (Certificate certificate : key.getCertificateChain()) {
                    chain.add(pem(certificate));
                }
                told.add("certificateChain", chain);
            }
            return Optional.of(told);
        }
        if (entry instanceof TrustedCertificateEntry trusted
                && trusted.getTrustedCertificate() instanceof X509Certificate certificate) {
            told.addProperty("type", "TRUSTED_CERTIFICATE");
            told.addProperty("subjectDN", certificate.getSubjectDN().getName());
            told.addProperty("issuer", certificate.getIssuerX500Principal().getName());
            told.addProperty("startDate", certificate.getNotBefore().getTime());
            told.addProperty("expirationDate", certificate.getNotAfter().getTime());
            told.addProperty("algorithm", certificate.getSigAlgName());
            told.addProperty("size", size(certificate.getPublicKey()));
            alternativeNames(certificate).ifPresent(names -> told.add("subjectAN", names));
            if (withCertificates) {
                told.addProperty("certificate", pem(certificate));
            }
            return Optional.of(told);
        }
        return Optional.empty();
    }

    private static Optional<JsonArray> alternativeNames(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            if (names == null) {
                return Optional.empty();
            }
            JsonArray all = new JsonArray();
            for (List<?> name : names) {
                JsonArray pair = new JsonArray();
                pair.add((Number) name.get(0));
                pair.add(String.valueOf(name.get(1)));
                all.add(pair);
            }
            return Optional.of(all);
        } catch (CertificateParsingException e) {
            return Optional.empty();
        }
    }

    private static String pem(Certificate certificate) {
        try {
            return "-----BEGIN CERTIFICATE-----"
                    + LINE
                    + Base64.getMimeEncoder(64, LINE.getBytes(StandardCharsets.UTF_8))
                            .encodeToString(certificate.getEncoded())
                    + LINE
                    + "-----END CERTIFICATE-----";
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int size(PublicKey key) {
        if (key instanceof RSAPublicKey rsa) {
            return rsa.getModulus().bitLength();
        }
        return key instanceof ECPublicKey ec ? ec.getParams().getOrder().bitLength() : 0;
    }
}
