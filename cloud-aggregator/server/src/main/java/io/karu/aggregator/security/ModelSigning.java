package io.karu.aggregator.security;

import io.karu.aggregator.store.Secrets;
import io.karu.api.model.Digest;
import io.karu.modelversion.signing.Envelope;
import io.karu.modelversion.signing.Release;
import io.karu.modelversion.signing.RollbackOrder;
import io.karu.modelversion.signing.SigningKey;
import io.karu.modelversion.signing.TrustAnchor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Signs releases of model versions and rollback orders with the aggregator's own key, made at its
 * first use and kept in a PKCS #12 keystore that only its owner reads. Gateways get the public key
 * as their trust anchor.
 */
public final class ModelSigning {
    private static final String ALIAS = "models";
    private static final int PASSWORD_BITS = 192;
    private static final Duration ORDER_LIFE = Duration.ofMinutes(10);
    private static final Duration CERTIFICATE_LIFE = Duration.ofDays(3650);

    private final SigningKey key;

    private ModelSigning(SigningKey key) {
        this.key = key;
    }

    /**
     * Opens the keystore, or makes it with a new key.
     *
     * @param folder holds {@code models.p12} and its password
     * @throws IOException when the keystore cannot be read or written
     */
    public static ModelSigning open(Path folder) throws IOException {
        Path file = folder.resolve("models.p12");
        Path passwordFile = folder.resolve("models-password");
        Files.createDirectories(folder);
        if (!Files.exists(passwordFile)) {
            if (Files.exists(file)) {
                throw new IOException(
                        passwordFile + " is missing: without it the signing key cannot be read");
            }
            Secrets.write(passwordFile, Secrets.generate(PASSWORD_BITS));
        }
        char[] password = Files.readString(passwordFile).strip().toCharArray();
        try {
            if (!Files.exists(file)) {
                create(file, password);
            }
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(file)) {
                store.load(in, password);
            }
            if (!(store.getKey(ALIAS, password) instanceof PrivateKey privateKey)) {
                throw new IOException(file + " holds no private key named " + ALIAS);
            }
            return new ModelSigning(
                    new SigningKey(
                            privateKey,
                            TrustAnchor.of(store.getCertificate(ALIAS).getPublicKey())));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(
                    "the signing key in " + file + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** What gateways believe: the public key in PEM. */
    public String anchors() {
        return key.anchor().pem();
    }

    /** Names the key, for a person. */
    public String keyId() {
        return key.anchor().id();
    }

    /** Signs the release of a version. */
    public Envelope release(String name, String version, Digest digest, long counter) {
        return new Release(
                        name,
                        version,
                        digest,
                        counter,
                        Instant.now().truncatedTo(ChronoUnit.SECONDS))
                .sign(key);
    }

    /**
     * Lets one gateway go back to a version, for ten minutes.
     *
     * @param installation what the gateway calls itself in {@code GET/models}
     */
    public Envelope rollbackOrder(String installation, String name, Digest digest) {
        return new RollbackOrder(
                        installation,
                        name,
                        digest,
                        Instant.now().plus(ORDER_LIFE).truncatedTo(ChronoUnit.SECONDS))
                .sign(key);
    }

    private static void create(Path file, char[] password)
            throws GeneralSecurityException, IOException {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                ALIAS, pair.getPrivate(), password, new Certificate[] {certificate(pair)});
        Path aside =
                Files.createTempFile(
                        file.getParent(),
                        "models",
                        ".new",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        try (OutputStream out = Files.newOutputStream(aside)) {
            store.store(out, password);
        }
        Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** A keystore keeps a private key only beside a certificate; this one says whose it is. */
    private static X509Certificate certificate(KeyPair pair) throws GeneralSecurityException {
        try {
            X500Name name = new X500Name("CN=Karu model releases");
            Instant now = Instant.now();
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            new JcaX509v3CertificateBuilder(
                                            name,
                                            BigInteger.valueOf(now.toEpochMilli()),
                                            Date.from(now),
                                            Date.from(now.plus(CERTIFICATE_LIFE)),
                                            name,
                                            pair.getPublic())
                                    .build(
                                            new JcaContentSignerBuilder("Ed25519")
                                                    .build(pair.getPrivate())));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException(e);
        }
    }
}
