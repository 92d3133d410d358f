package io.karu.aggregator.identity;

import io.karu.aggregator.fleet.GatewayId;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;

/**
 * Which gateway a certificate names.
 *
 * @param clientId an attribute of the subject ({@code CN}, {@code UID}, {@code SERIALNUMBER}, …),
 *     or {@value #DNS} for the first label of the DNS name among the alternative names
 * @param account an attribute of the subject
 * @param otherwise the account where the subject has none
 */
public record GatewayNaming(String clientId, String account, String otherwise) {
    static final String DNS = "DNS";

    private static final int DNS_NAME = 2;

    public GatewayNaming {
        if (!clientId.equals(DNS)) {
            attribute(clientId);
        }
        attribute(account);
    }

    /** As the certificates of Karu's own authority do. */
    public static GatewayNaming own(String account) {
        return new GatewayNaming("CN", "O", account);
    }

    /** Absent when the certificate names none, or more than one. */
    Optional<GatewayId> gateway(X509Certificate certificate) {
        X500Name subject = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        List<String> names =
                clientId.equals(DNS) ? dnsNames(certificate) : values(subject, clientId);
        return gateway(names, values(subject, account));
    }

    /** The gateway that the subject of a request names, as of a certificate. */
    Optional<GatewayId> gateway(X500Name subject) {
        return gateway(values(subject, clientId), values(subject, account));
    }

    private Optional<GatewayId> gateway(List<String> names, List<String> accounts) {
        if (names.size() != 1 || accounts.size() > 1) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new GatewayId(accounts.isEmpty() ? otherwise : accounts.get(0), names.get(0)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static List<String> values(X500Name subject, String attribute) {
        List<String> values = new ArrayList<>();
        for (RDN rdn : subject.getRDNs(attribute(attribute))) {
            if (rdn.isMultiValued()) {
                // which of them is meant cannot be told
                return List.of("", "");
            }
            values.add(
                    rdn.getFirst().getValue() instanceof ASN1String text ? text.getString() : "");
        }
        return values;
    }

    private static List<String> dnsNames(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            for (List<?> name : all == null ? List.<List<?>>of() : all) {
                if (name.get(0).equals(DNS_NAME)) {
                    names.add(((String) name.get(1)).split("\\.")[0]);
                }
            }
        } catch (CertificateParsingException e) {
            return List.of();
        }
        return names;
    }

    private static ASN1ObjectIdentifier attribute(String name) {
        try {
            return BCStyle.INSTANCE.attrNameToOID(name);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "\""
                            + name
                            + "\" is no attribute of a subject: use CN, O, OU, UID, SERIALNUMBER",
                    e);
        }
    }
}
