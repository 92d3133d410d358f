package io.karu.aggregator.identity;

import io.karu.aggregator.fleet.GatewayId;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/**
 * The aggregator's own certificate authority: made at its first use, or given. Gateways import
 * {@code authority.pem}; a key that was made here never leaves the folder. Thread-safe.
 */
public final class Authority implements CertificateAuthority {
    private static final String KEY = "authority";
    private static final Duration LIFE = Duration.ofDays(3650);

    /** Clocks of gateways may be slow. */
    private static final Duration BACKDATED = Duration.ofHours(1);

    private static final Pattern IP = Pattern.compile("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

    private final KeyFolder folder;
    private final CertificateLives lives;
    private final Optional<Given> given;
    private final Map<String, Instant> servers = new HashMap<>();
    private List<X509Certificate> others = List.of();
    private IssuerKey issuer;

    /** A server's key and certificate chain in a PKCS #12 keystore. */
    public record ServerKey(Path keystore, String password) {
        @Override
        public String toString() {
            return "ServerKey[" + keystore + "]";
        }
    }

    /** An authority's key and certificates in a PKCS #12 keystore that was made elsewhere. */
    public record Given(Path keystore, String password) {
        @Override
        public String toString() {
            return "Given[" + keystore + "]";
        }
    }

    public Authority(Path folder) {
        this(folder, CertificateLives.DEFAULT, Optional.empty());
    }

    /** {@code given}: used in place of a key that would be made here. */
    public Authority(Path folder, CertificateLives lives, Optional<Given> given) {
        this.folder = new KeyFolder(folder);
        this.lives = lives;
        this.given = given;
    }

    @Override
    public synchronized List<X509Certificate> issue(
            PKCS10CertificationRequest request, GatewayId gateway) throws IOException {
        try {
            IssuerKey by = issuer();
            X500Name subject =
                    new X500NameBuilder()
                            .addRDN(BCStyle.O, gateway.account())
                            .addRDN(BCStyle.CN, gateway.clientId())
                            .build();
            PublicKey key = Csr.key(request);
            X509v3CertificateBuilder builder = builder(by, subject, lives.gateway(), key);
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.extendedKeyUsage,
                    false,
                    new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth));
            return withIssuers(sign(builder, by), by);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("no certificate could be made for " + gateway, e);
        }
    }

    @Override
    public synchronized List<X509Certificate> trusted() throws IOException {
        return issuer().chain();
    }

    /**
     * The list of revoked certificates of this authority (RFC 5280, 5), DER.
     *
     * @param revoked serial numbers with the time of their revocation
     * @param until {@code nextUpdate}
     */
    synchronized byte[] revocationList(Map<BigInteger, Instant> revoked, Instant now, Instant until)
            throws IOException {
        try {
            IssuerKey by = issuer();
            X509v2CRLBuilder list =
                    new JcaX509v2CRLBuilder(by.certificate(), Date.from(now))
                            .setNextUpdate(Date.from(until));
            revoked.forEach(
                    (serial, at) -> list.addCRLEntry(serial, Date.from(at), CRLReason.unspecified));
            list.addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(by.certificate()));
            list.addExtension(
                    Extension.cRLNumber,
                    false,
                    new CRLNumber(BigInteger.valueOf(now.toEpochMilli())));
            return list.build(by.signer()).getEncoded();
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("no list of revoked certificates could be made", e);
        }
    }

    /** As certificates of this authority name it. */
    synchronized String name() throws IOException {
        return issuer().certificate().getSubjectX500Principal().getName();
    }

    /** Lets servers know clients of these authorities too. */
    public synchronized void trustAlso(List<X509Certificate> authorities) {
        others = List.copyOf(authorities);
    }

    /** A key store of certificates to trust, for servers that want to know their clients. */
    public synchronized ServerKey trustStore() throws IOException {
        try {
            // a whole company may be below the root; only who issues here is trusted for clients
            Set<X509Certificate> all = new LinkedHashSet<>(List.of(issuer().certificate()));
            all.addAll(others);
            KeyStore store = KeyFolder.empty();
            for (X509Certificate certificate : all) {
                store.setCertificateEntry(Certificates.fingerprint(certificate), certificate);
            }
            Path file = folder.file("trusted.p12");
            folder.save(store, file);
            return new ServerKey(file, new String(folder.password()));
        } catch (GeneralSecurityException e) {
            throw new IOException("the trust store of the authority cannot be written", e);
        }
    }

    /** The certificates to import on gateways, PEM. */
    public synchronized Path certificate() throws IOException {
        issuer();
        return folder.file("authority.pem");
    }

    /** A key for this host name or address; made anew when it is due. */
    public synchronized ServerKey serverKey(String hostName) throws IOException {
        Path file = folder.file("server-" + hostName.replaceAll("[^A-Za-z0-9.-]", "_") + ".p12");
        try {
            IssuerKey by = issuer();
            Optional<X509Certificate> present = present(file).filter(by::issued);
            if (present.isEmpty() || !Instant.now().isBefore(due(present.get()))) {
                present = Optional.of(certify(hostName, by, file));
            }
            servers.put(hostName, due(present.get()));
            return new ServerKey(file, new String(folder.password()));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("no certificate could be made for " + hostName, e);
        }
    }

    /**
     * Makes the keys of servers anew that are due; who watches the files takes them up.
     *
     * @return the names of these servers
     */
    synchronized List<String> renewServerKeys() throws IOException {
        Instant now = Instant.now();
        List<String> due =
                servers.entrySet().stream()
                        .filter(server -> !now.isBefore(server.getValue()))
                        .map(Map.Entry::getKey)
                        .toList();
        for (String hostName : due) {
            serverKey(hostName);
        }
        return due;
    }

    private Instant due(X509Certificate server) {
        return lives.due(
                server.getNotBefore().toInstant().plus(BACKDATED),
                server.getNotAfter().toInstant());
    }

    private Optional<X509Certificate> present(Path file)
            throws IOException, GeneralSecurityException {
        return Files.exists(file)
                ? Optional.of(
                        (X509Certificate)
                                KeyFolder.load(file, folder.password()).getCertificate("server"))
                : Optional.empty();
    }

    private X509Certificate certify(String hostName, IssuerKey by, Path file)
            throws IOException, GeneralSecurityException, OperatorCreationException {
        KeyPair pair = newPair();
        X509v3CertificateBuilder builder =
                builder(by, new X500Name("CN=" + hostName), lives.server(), pair.getPublic());
        builder.addExtension(
                Extension.extendedKeyUsage,
                false,
                new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
        builder.addExtension(Extension.subjectAlternativeName, false, names(hostName));
        X509Certificate certificate = sign(builder, by);
        KeyStore store = KeyFolder.empty();
        store.setKeyEntry(
                "server",
                pair.getPrivate(),
                folder.password(),
                withIssuers(certificate, by).toArray(new Certificate[0]));
        folder.save(store, file);
        return certificate;
    }

    private IssuerKey issuer() throws IOException {
        if (issuer == null) {
            try {
                folder.password();
                IssuerKey opened = given.isPresent() ? read(given.get()) : own();
                publish(Certificates.pem(opened.chain()));
                issuer = opened;
            } catch (GeneralSecurityException | OperatorCreationException e) {
                throw new IOException("the certificate authority cannot be used", e);
            }
        }
        return issuer;
    }

    private static IssuerKey read(Given given) throws IOException {
        return IssuerKey.read(given.keystore(), given.password().toCharArray());
    }

    private void publish(String pem) throws IOException {
        Path file = folder.file("authority.pem");
        if (!Files.exists(file) || !Files.readString(file).equals(pem)) {
            Files.writeString(file, pem);
        }
    }

    private IssuerKey own()
            throws IOException, GeneralSecurityException, OperatorCreationException {
        Path file = folder.file("authority.p12");
        char[] password = folder.password();
        if (Files.exists(file)) {
            KeyStore store = KeyFolder.load(file, password);
            return new IssuerKey(
                    (PrivateKey) store.getKey(KEY, password),
                    List.of((X509Certificate) store.getCertificate(KEY)));
        }
        KeyPair pair = newPair();
        X500Name name = new X500Name("CN=Karu authority, O=Karu");
        X509v3CertificateBuilder builder = builder(name, name, end(LIFE), pair.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(
                Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        X509Certificate certificate =
                new JcaX509CertificateConverter()
                        .getCertificate(
                                builder.build(
                                        new JcaContentSignerBuilder("SHA256withECDSA")
                                                .build(pair.getPrivate())));
        KeyStore store = KeyFolder.empty();
        store.setKeyEntry(KEY, pair.getPrivate(), password, new Certificate[] {certificate});
        folder.save(store, file);
        return new IssuerKey(pair.getPrivate(), List.of(certificate));
    }

    private static KeyPair newPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    private static Instant end(Duration life) {
        return Instant.now().plus(life);
    }

    /** Of an end entity; it does not outlive its issuer. */
    private static X509v3CertificateBuilder builder(
            IssuerKey by, X500Name subject, Duration life, PublicKey key)
            throws IOException, GeneralSecurityException {
        Instant latest = by.certificate().getNotAfter().toInstant();
        Instant end = end(life).isBefore(latest) ? end(life) : latest;
        X509v3CertificateBuilder builder = builder(by.name(), subject, end, key);
        JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(
                Extension.authorityKeyIdentifier,
                false,
                identifiers.createAuthorityKeyIdentifier(by.certificate()));
        builder.addExtension(
                Extension.subjectKeyIdentifier, false, identifiers.createSubjectKeyIdentifier(key));
        return builder;
    }

    private static X509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, Instant end, PublicKey key) {
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(127, new SecureRandom()),
                Date.from(Instant.now().minus(BACKDATED)),
                Date.from(end),
                subject,
                key);
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, IssuerKey by)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter().getCertificate(builder.build(by.signer()));
    }

    private static List<X509Certificate> withIssuers(X509Certificate certificate, IssuerKey by) {
        List<X509Certificate> chain = new ArrayList<>(List.of(certificate));
        chain.addAll(by.chain());
        return chain;
    }

    private static GeneralNames names(String hostName) throws IOException {
        GeneralName own =
                IP.matcher(hostName).matches()
                        ? new GeneralName(
                                GeneralName.iPAddress,
                                InetAddress.getByName(hostName).getHostAddress())
                        : new GeneralName(GeneralName.dNSName, hostName);
        return new GeneralNames(
                new GeneralName[] {
                    own,
                    new GeneralName(GeneralName.dNSName, "localhost"),
                    new GeneralName(GeneralName.iPAddress, "127.0.0.1")
                });
    }
}
