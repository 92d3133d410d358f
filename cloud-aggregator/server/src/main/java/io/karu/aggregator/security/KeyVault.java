package io.karu.aggregator.security;

import io.karu.aggregator.store.PrivateFile;
import io.karu.aggregator.store.Secrets;
import io.karu.modelversion.signing.SigningKey;
import io.karu.modelversion.signing.TrustAnchor;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Date;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Where the private keys that sign models are: a PKCS #12 file that only its owner reads, or a PKCS
 * #11 token that makes the keys and never gives them away. Java's PKCS #11 provider knows no
 * Ed25519, so a token signs with ECDSA on P-256. Not thread-safe.
 */
final class KeyVault {
    private static final int PASSWORD_BITS = 192;
    private static final Duration CERTIFICATE_LIFE = Duration.ofDays(3650);
    private static final String TOKEN_ATTRIBUTES =
            """
            attributes(*, CKO_PRIVATE_KEY, CKK_EC) = {
              CKA_SIGN = true
              CKA_SENSITIVE = true
              CKA_EXTRACTABLE = false
            }
            """;

    private final KeyStore store;
    private final char[] password;
    private final Optional<Path> file;
    private final Optional<Provider> provider;

    private KeyVault(
            KeyStore store, char[] password, Optional<Path> file, Optional<Provider> provider) {
        this.store = store;
        this.password = password;
        this.file = file;
        this.provider = provider;
    }

    /**
     * Opens {@code models.p12} with the password beside it; both are made when they are absent.
     *
     * @throws IOException when they cannot be read or written
     */
    static KeyVault file(Path folder) throws IOException {
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
            KeyStore store = KeyStore.getInstance("PKCS12");
            if (Files.exists(file)) {
                try (InputStream in = Files.newInputStream(file)) {
                    store.load(in, password);
                }
            } else {
                store.load(null, null);
            }
            return new KeyVault(store, password, Optional.of(file), Optional.empty());
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    "the signing keys in " + file + " cannot be used: " + e.getMessage(), e);
        }
    }

    /**
     * Logs in to a token.
     *
     * @throws IOException when the module, the slot or the PIN is wrong; the PIN is in no message
     */
    static KeyVault token(Pkcs11 where) throws IOException {
        char[] pin = Files.readString(where.pinFile()).strip().toCharArray();
        String configuration =
                "--name = karu\nlibrary = "
                        + where.library()
                        + "\n"
                        + where.slot().map(n -> "slot = " + n).orElse("slotListIndex = 0")
                        + "\n"
                        + TOKEN_ATTRIBUTES;
        try {
            Provider provider = Security.getProvider("SunPKCS11").configure(configuration);
            KeyStore store = KeyStore.getInstance("PKCS11", provider);
            store.load(null, pin);
            return new KeyVault(store, null, Optional.empty(), Optional.of(provider));
        } catch (GeneralSecurityException | IOException | RuntimeException e) {
            throw new IOException(
                    "the PKCS #11 token of "
                            + where.library()
                            + " cannot be used: "
                            + e.getMessage()
                            + "; check keys.pkcs11.slot and the PIN in "
                            + where.pinFile(),
                    e);
        }
    }

    /** The key of that name, if there is one. */
    Optional<SigningKey> find(String name) throws GeneralSecurityException {
        if (!(store.getKey(name, password) instanceof PrivateKey key)) {
            return Optional.empty();
        }
        return Optional.of(
                new SigningKey(
                        key, TrustAnchor.of(store.getCertificate(name).getPublicKey()), provider));
    }

    /** Makes a key; one of that name is replaced. */
    SigningKey create(String name) throws GeneralSecurityException, IOException {
        KeyPairGenerator generator;
        if (provider.isPresent()) {
            generator = KeyPairGenerator.getInstance("EC", provider.get());
            generator.initialize(new ECGenParameterSpec("secp256r1"));
        } else {
            generator = KeyPairGenerator.getInstance("Ed25519");
        }
        KeyPair pair = generator.generateKeyPair();
        store.setKeyEntry(name, pair.getPrivate(), password, new Certificate[] {certificate(pair)});
        save();
        return find(name)
                .orElseThrow(
                        () -> new GeneralSecurityException("the key " + name + " was not kept"));
    }

    /** Destroys every key but one. */
    void keepOnly(String name) throws GeneralSecurityException, IOException {
        boolean changed = false;
        for (String alias : Collections.list(store.aliases())) {
            if (!alias.equals(name) && alias.startsWith(ModelSigning.KEY)) {
                store.deleteEntry(alias);
                changed = true;
            }
        }
        if (changed) {
            save();
        }
    }

    private void save() throws GeneralSecurityException, IOException {
        if (file.isEmpty()) {
            return;
        }
        PrivateFile.<GeneralSecurityException>replace(
                file.get(), out -> store.store(out, password));
    }

    /** A keystore keeps a private key only beside a certificate; this one says whose it is. */
    private X509Certificate certificate(KeyPair pair) throws GeneralSecurityException {
        try {
            X500Name name = new X500Name("CN=Karu model releases");
            Instant now = Instant.now();
            JcaContentSignerBuilder signer =
                    new JcaContentSignerBuilder(
                            provider.isPresent() ? "SHA256withECDSA" : "Ed25519");
            provider.ifPresent(signer::setProvider);
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            new JcaX509v3CertificateBuilder(
                                            name,
                                            BigInteger.valueOf(now.toEpochMilli()),
                                            Date.from(now),
                                            Date.from(now.plus(CERTIFICATE_LIFE)),
                                            name,
                                            pair.getPublic())
                                    .build(signer.build(pair.getPrivate())));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException(e);
        }
    }
}
