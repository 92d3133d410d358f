package io.karu.aggregator.identity;

import io.karu.aggregator.fleet.GatewayId;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/** Issues the certificates of gateways. Thread-safe. */
public interface CertificateAuthority {
    /**
     * A certificate for the key of a checked request ({@link Csr}).
     *
     * @return the gateway's certificate, then its issuers up to the root or the last known one
     * @throws IOException when the authority refuses or cannot be reached
     */
    List<X509Certificate> issue(PKCS10CertificationRequest request, GatewayId gateway)
            throws IOException;

    /** What a peer must trust to accept certificates of this authority; the issuer first. */
    List<X509Certificate> trusted() throws IOException;
}
