package io.karu.aggregator.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.fleet.GatewayId;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.Optional;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;

class GatewayNamingTest {
    private static final GatewayNaming OWN = GatewayNaming.own("karu");

    @Test
    void commonNameAndOrganisationAreTakenAsTheyAre() throws Exception {
        assertEquals(gateway("plant", "gw-1"), OWN.gateway(certificate("CN=gw-1,O=plant")));
        assertEquals(gateway("karu", "gw-1"), OWN.gateway(certificate("CN=gw-1,OU=line 4")));
    }

    @Test
    void whatNamesNobodyOrTwoNamesNoGateway() throws Exception {
        assertEquals(Optional.empty(), OWN.gateway(certificate("O=plant")));
        assertEquals(Optional.empty(), OWN.gateway(certificate("CN=gw-1,CN=gw-2,O=plant")));
        assertEquals(Optional.empty(), OWN.gateway(certificate("CN=gw-1,O=plant,O=karu")));
        assertEquals(Optional.empty(), OWN.gateway(certificate("CN=gw-1+UID=7,O=plant")));
        assertEquals(Optional.empty(), OWN.gateway(certificate("CN=gw-1/#,O=plant")));
    }

    @Test
    void anotherAttributeOrTheHostInTheDnsNameMayBeTheClientId() throws Exception {
        X509Certificate certificate =
                certificate("CN=Line 4,UID=gw-7,OU=hall-2", "gw-7.plant.example");
        assertEquals(
                gateway("hall-2", "gw-7"),
                new GatewayNaming("UID", "OU", "karu").gateway(certificate));
        assertEquals(
                gateway("karu", "gw-7"),
                new GatewayNaming("DNS", "O", "karu").gateway(certificate));
        assertEquals(
                Optional.empty(),
                new GatewayNaming("DNS", "O", "karu").gateway(certificate("CN=x", "gw-7", "gw-8")));
    }

    @Test
    void anAttributeThatSubjectsDoNotHaveIsRefused() {
        IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> new GatewayNaming("clientId", "O", "karu"));
        assertTrue(e.getMessage().contains("\"clientId\" is no attribute"), e::getMessage);
    }

    private static Optional<GatewayId> gateway(String account, String clientId) {
        return Optional.of(new GatewayId(account, clientId));
    }

    private static X509Certificate certificate(String subject, String... dnsNames)
            throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("EC").generateKeyPair();
        Instant now = Instant.now();
        X509v3CertificateBuilder builder =
                new JcaX509v3CertificateBuilder(
                        new X500Name("CN=Company"),
                        BigInteger.ONE,
                        Date.from(now),
                        Date.from(now.plusSeconds(60)),
                        new X500Name(subject),
                        pair.getPublic());
        if (dnsNames.length > 0) {
            builder.addExtension(
                    Extension.subjectAlternativeName,
                    false,
                    new GeneralNames(
                            Stream.of(dnsNames)
                                    .map(name -> new GeneralName(GeneralName.dNSName, name))
                                    .toArray(GeneralName[]::new)));
        }
        return new JcaX509CertificateConverter()
                .getCertificate(
                        builder.build(
                                new JcaContentSignerBuilder("SHA256withECDSA")
                                        .build(pair.getPrivate())));
    }
}
