package io.karu.aggregator.identity;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import java.io.IOException;
import java.io.StringReader;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/** Certification requests (PKCS #10, RFC 2986) that have been checked. */
public final class Csr {
    private static final int LEAST_EC_BITS = 256;
    private static final int LEAST_RSA_BITS = 2048;

    private Csr() {}

    /**
     * Reads PEM.
     *
     * @throws AggregatorException {@code CSR_INVALID} as of {@link #check}
     */
    public static PKCS10CertificationRequest parse(String pem) {
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            if (parser.readObject() instanceof PKCS10CertificationRequest request) {
                return check(request);
            }
        } catch (IOException e) {
            throw new AggregatorException(
                    Code.CSR_INVALID, "the certification request is not PEM: " + e.getMessage(), e);
        }
        throw new AggregatorException(Code.CSR_INVALID, "there is no certification request");
    }

    /**
     * Reads DER.
     *
     * @throws AggregatorException {@code CSR_INVALID} as of {@link #check}
     */
    public static PKCS10CertificationRequest parse(byte[] der) {
        try {
            return check(new PKCS10CertificationRequest(der));
        } catch (IOException e) {
            throw new AggregatorException(
                    Code.CSR_INVALID,
                    "the certification request is not PKCS #10: " + e.getMessage(),
                    e);
        }
    }

    /** The key that is to be certified. */
    static PublicKey key(PKCS10CertificationRequest request) {
        try {
            return new JcaPKCS10CertificationRequest(request).getPublicKey();
        } catch (GeneralSecurityException e) {
            throw new AggregatorException(
                    Code.CSR_INVALID,
                    "the key of the certification request is of no known kind",
                    e);
        }
    }

    /** The requester holds the private key, and the key is strong enough. */
    private static PKCS10CertificationRequest check(PKCS10CertificationRequest request) {
        PublicKey key = key(request);
        if (key instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() < LEAST_RSA_BITS) {
            throw new AggregatorException(
                    Code.CSR_INVALID,
                    "the RSA key has "
                            + rsa.getModulus().bitLength()
                            + " bits; use "
                            + LEAST_RSA_BITS
                            + " or more");
        }
        if (key instanceof ECPublicKey ec
                && ec.getParams().getOrder().bitLength() < LEAST_EC_BITS) {
            throw new AggregatorException(
                    Code.CSR_INVALID, "the EC key is smaller than " + LEAST_EC_BITS + " bits");
        }
        try {
            if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
                throw new AggregatorException(
                        Code.CSR_INVALID,
                        "the certification request is not signed by the key that it is for");
            }
        } catch (OperatorCreationException | PKCSException e) {
            throw new AggregatorException(
                    Code.CSR_INVALID,
                    "the signature of the certification request is unreadable",
                    e);
        }
        return request;
    }
}
