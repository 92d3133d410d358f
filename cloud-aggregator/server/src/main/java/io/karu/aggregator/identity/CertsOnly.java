package io.karu.aggregator.identity;

import java.io.IOException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSAbsentContent;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;

/** Certificates in a CMS SignedData without signers, as EST wants them (RFC 7030, 4.1.3). */
public final class CertsOnly {
    private CertsOnly() {}

    public static byte[] encode(List<X509Certificate> certificates) throws IOException {
        try {
            CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
            generator.addCertificates(new JcaCertStore(certificates));
            return generator.generate(new CMSAbsentContent()).getEncoded();
        } catch (CMSException | CertificateEncodingException e) {
            throw new IOException("the certificates cannot be written as CMS", e);
        }
    }

    /** In the order that they are in. */
    public static List<X509Certificate> decode(byte[] cms) throws IOException {
        try {
            List<X509Certificate> found = new ArrayList<>();
            for (X509CertificateHolder holder :
                    new CMSSignedData(cms).getCertificates().getMatches(null)) {
                found.add(new JcaX509CertificateConverter().getCertificate(holder));
            }
            return found;
        } catch (CMSException | CertificateException e) {
            throw new IOException("not certificates in CMS: " + e.getMessage(), e);
        }
    }
}
