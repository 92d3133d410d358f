package io.karu.aggregator.identity;

import io.karu.aggregator.store.Secrets;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** X.509 certificates as text, by fingerprint, and as gateways. */
public final class Certificates {
    private Certificates() {}

    public static String pem(X509Certificate certificate) {
        return "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der(certificate))
                + "\n-----END CERTIFICATE-----\n";
    }

    public static String pem(List<X509Certificate> certificates) {
        StringBuilder text = new StringBuilder();
        certificates.forEach(certificate -> text.append(pem(certificate)));
        return text.toString();
    }

    /** Every certificate of a PEM text or a DER sequence. */
    public static List<X509Certificate> parse(byte[] text) throws IOException {
        try {
            List<X509Certificate> found = new ArrayList<>();
            CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(text))
                    .forEach(certificate -> found.add((X509Certificate) certificate));
            return found;
        } catch (CertificateException e) {
            throw new IOException("not a certificate: " + e.getMessage(), e);
        }
    }

    static List<X509Certificate> parse(String pem) throws IOException {
        return parse(pem.getBytes(StandardCharsets.UTF_8));
    }

    /** SHA-256 of the DER form in hexadecimal. */
    public static String fingerprint(X509Certificate certificate) {
        return HexFormat.of().formatHex(Secrets.sha256().digest(der(certificate)));
    }

    private static byte[] der(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }
}
