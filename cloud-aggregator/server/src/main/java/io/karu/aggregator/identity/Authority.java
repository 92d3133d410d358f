package io.karu.aggregator.identity;

import io.karu.aggregator.fleet.GatewayId;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
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
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/**
 * The aggregator's own certificate authority, made at its first use. Gateways import {@code
 * authority.pem}; the keys never leave the folder.
 */
public final class Authority implements CertificateAuthority {
    /** How long a gateway's certificate lasts unless told otherwise. */
    public static final Duration GATEWAY_LIFE = Duration.ofDays(90);

    private static final Duration AUTHORITY_LIFE = Duration.ofDays(3650);
    private static final Duration SERVER_LIFE = Duration.ofDays(825);
    private static final Duration RENEW_BEFORE = Duration.ofDays(30);
    private static final Pattern IP = Pattern.compile("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

    private final Path folder;
    private final Duration gatewayLife;

    /** A server's key and certificate chain in a PKCS #12 keystore. */
    public record ServerKey(Path keystore, String password) {
        @Override
        public String toString() {
            return "ServerKey[" + keystore + "]";
        }
    }

    public Authority(Path folder) {
        this(folder, GATEWAY_LIFE);
    }

    /** {@code gatewayLife}: how long certificates of gateways last. */
    public Authority(Path folder, Duration gatewayLife) {
        this.folder = folder;
        this.gatewayLife = gatewayLife;
    }

    @Override
    public synchronized List<X509Certificate> issue(
            PKCS10CertificationRequest request, GatewayId gateway) throws IOException {
        try {
            KeyStore authority = load();
            X509Certificate issuer = (X509Certificate) authority.getCertificate("authority");
            X500Name subject =
                    new X500NameBuilder()
                            .addRDN(BCStyle.O, gateway.account())
                            .addRDN(BCStyle.CN, gateway.clientId())
                            .build();
            PublicKey key = Csr.key(request);
            X509v3CertificateBuilder builder = builder(nameOf(issuer), subject, gatewayLife, key);
            JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.extendedKeyUsage,
                    false,
                    new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth));
            builder.addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    identifiers.createAuthorityKeyIdentifier(issuer));
            builder.addExtension(
                    Extension.subjectKeyIdentifier,
                    false,
                    identifiers.createSubjectKeyIdentifier(key));
            PrivateKey signer = (PrivateKey) authority.getKey("authority", password());
            return List.of(sign(builder, signer), issuer);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("no certificate could be made for " + gateway, e);
        }
    }

    @Override
    public List<X509Certificate> trusted() throws IOException {
        try {
            return List.of((X509Certificate) load().getCertificate("authority"));
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificate authority in " + folder + " cannot be used", e);
        }
    }

    /**
     * A key store of certificates to trust, for servers that want to know their clients.
     *
     * @param others trusted beside this authority
     */
    public synchronized ServerKey trustStore(List<X509Certificate> others) throws IOException {
        try {
            char[] password = password();
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (X509Certificate certificate : trusted()) {
                store.setCertificateEntry("authority-" + number++, certificate);
            }
            for (X509Certificate certificate : others) {
                store.setCertificateEntry("other-" + number++, certificate);
            }
            Path file = folder.resolve("trusted.p12");
            save(store, file, password);
            return new ServerKey(file, new String(password));
        } catch (GeneralSecurityException e) {
            throw new IOException("the trust store in " + folder + " cannot be written", e);
        }
    }

    /** The certificate to import on gateways, PEM. */
    public Path certificate() throws IOException {
        load();
        return folder.resolve("authority.pem");
    }

    /** A key for this host name or address; made or renewed when needed. */
    public synchronized ServerKey serverKey(String hostName) throws IOException {
        Path file = folder.resolve("server-" + hostName.replaceAll("[^A-Za-z0-9.-]", "_") + ".p12");
        try {
            KeyStore authority = load();
            char[] password = password();
            if (!Files.exists(file) || expiresSoon(file, password)) {
                KeyPair pair = newPair();
                PrivateKey signer = (PrivateKey) authority.getKey("authority", password);
                X509Certificate issuer = (X509Certificate) authority.getCertificate("authority");
                X509v3CertificateBuilder builder =
                        builder(
                                nameOf(issuer),
                                new X500Name("CN=" + hostName),
                                SERVER_LIFE,
                                pair.getPublic());
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
                builder.addExtension(
                        Extension.extendedKeyUsage,
                        false,
                        new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
                builder.addExtension(Extension.subjectAlternativeName, false, names(hostName));
                KeyStore store = KeyStore.getInstance("PKCS12");
                store.load(null, null);
                store.setKeyEntry(
                        "server",
                        pair.getPrivate(),
                        password,
                        new Certificate[] {sign(builder, signer), issuer});
                save(store, file, password);
            }
            return new ServerKey(file, new String(password));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("no certificate could be made for " + hostName, e);
        }
    }

    private synchronized KeyStore load() throws IOException {
        Path file = folder.resolve("authority.p12");
        try {
            char[] password = password();
            KeyStore store = KeyStore.getInstance("PKCS12");
            if (Files.exists(file)) {
                try (InputStream in = Files.newInputStream(file)) {
                    store.load(in, password);
                }
                return store;
            }
            KeyPair pair = newPair();
            X500Name name = new X500Name("CN=Karu authority, O=Karu");
            X509v3CertificateBuilder builder =
                    builder(name, name, AUTHORITY_LIFE, pair.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            X509Certificate certificate = sign(builder, pair.getPrivate());
            store.load(null, null);
            store.setKeyEntry(
                    "authority", pair.getPrivate(), password, new Certificate[] {certificate});
            Files.writeString(folder.resolve("authority.pem"), Certificates.pem(certificate));
            save(store, file, password);
            return store;
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("the certificate authority in " + folder + " cannot be used", e);
        }
    }

    private char[] password() throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve("keystore-password");
        if (!Files.exists(file)) {
            byte[] random = new byte[24];
            new SecureRandom().nextBytes(random);
            Files.createFile(
                    file,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, Base64.getUrlEncoder().withoutPadding().encodeToString(random));
        }
        return Files.readString(file).trim().toCharArray();
    }

    private static boolean expiresSoon(Path file, char[] password)
            throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, password);
        }
        Instant end = ((X509Certificate) store.getCertificate("server")).getNotAfter().toInstant();
        return Instant.now().plus(RENEW_BEFORE).isAfter(end);
    }

    private static void save(KeyStore store, Path file, char[] password)
            throws IOException, GeneralSecurityException {
        Path written =
                Files.createTempFile(
                        file.getParent(),
                        file.getFileName().toString(),
                        ".new",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        try (OutputStream out = Files.newOutputStream(written)) {
            store.store(out, password);
        }
        Files.move(
                written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static KeyPair newPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    private static X500Name nameOf(X509Certificate certificate) {
        return X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    }

    private static X509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, Duration life, PublicKey key) {
        Instant now = Instant.now();
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(127, new SecureRandom()),
                Date.from(now.minus(Duration.ofHours(1))),
                Date.from(now.plus(life)),
                subject,
                key);
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey signer)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter()
                .getCertificate(
                        builder.build(
                                new JcaContentSignerBuilder("SHA256withECDSA").build(signer)));
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
