package io.karu.gateway.keystore;

import io.karu.gateway.conf.ComponentProperties;
import io.karu.gateway.conf.Passwords;
import io.karu.gateway.system.PrivateFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.KeyStore.Entry;
import java.security.KeyStore.PasswordProtection;
import java.security.KeyStore.PrivateKeyEntry;
import java.security.KeyStore.SecretKeyEntry;
import java.security.KeyStore.TrustedCertificateEntry;
import java.security.SecureRandom;
import java.security.Security;
import java.security.cert.CRL;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.X509CRL;
import java.security.spec.AlgorithmParameterSpec;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.crypto.CryptoService;
import org.eclipse.kura.security.keystore.KeystoreChangedEvent;
import org.eclipse.kura.security.keystore.KeystoreService;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.event.EventAdmin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kura's key store in a file: read for each call, written at each change, which is told by a {@link
 * KeystoreChangedEvent}. Keys are made by BouncyCastle, as in Kura. Thread-safe.
 */
@Component(
        name = FilesystemKeystoreService.FACTORY_PID,
        service = {KeystoreService.class, ConfigurableComponent.class},
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = {"kura.ui.factory.hide=true", "kura.ui.service.hide=true"})
public final class FilesystemKeystoreService implements KeystoreService, ConfigurableComponent {

    public static final String FACTORY_PID =
            "org.eclipse.kura.core.keystore.FilesystemKeystoreServiceImpl";

    private static final Logger LOG = LoggerFactory.getLogger(FilesystemKeystoreService.class);
    private static final String DEFAULT_PASSWORD = "changeit";
    private static final String PROVIDER = BouncyCastleProvider.PROVIDER_NAME;

    private final CryptoService crypto;
    private final EventAdmin events;
    private volatile Options options;

    private record Options(String pid, Path path, char[] password) {}

    @Activate
    public FilesystemKeystoreService(
            @Reference CryptoService crypto,
            @Reference EventAdmin events,
            Map<String, Object> properties)
            throws IOException, GeneralSecurityException {
        if (Security.getProvider(PROVIDER) == null) {
            Security.addProvider(new BouncyCastleProvider());
        }
        this.crypto = crypto;
        this.events = events;
        options = read(properties);
        create(options);
    }

    @Modified
    public synchronized void updated(Map<String, Object> properties)
            throws IOException, GeneralSecurityException {
        Options next = read(properties);
        if (Files.exists(next.path())
                && next.path().equals(options.path())
                && !Arrays.equals(next.password(), options.password())) {
            changePassword(next.password());
        }
        create(next);
        options = next;
    }

    private Options read(Map<String, Object> properties) {
        ComponentProperties given = new ComponentProperties(properties);
        char[] password = Passwords.clear(crypto, properties.get("keystore.password"));
        return new Options(
                given.text("kura.service.pid", ""),
                Path.of(given.text("keystore.path", "/tmp/keystore.ks")),
                password.length == 0 ? DEFAULT_PASSWORD.toCharArray() : password);
    }

    private static void create(Options made) throws IOException, GeneralSecurityException {
        if (!Files.exists(made.path())) {
            KeyStore empty = KeyStore.getInstance(KeyStore.getDefaultType());
            empty.load(null, made.password());
            save(empty, made);
        }
    }

    private void changePassword(char[] password) throws IOException, GeneralSecurityException {
        KeyStore store = open(options);
        PasswordProtection old = new PasswordProtection(options.password());
        for (String alias : Collections.list(store.aliases())) {
            if (store.isKeyEntry(alias)) {
                store.setEntry(alias, store.getEntry(alias, old), new PasswordProtection(password));
            }
        }
        save(store, new Options(options.pid(), options.path(), password));
    }

    @Override
    public KeyStore getKeyStore() throws KuraException {
        try {
            return open(options);
        } catch (GeneralSecurityException | IOException e) {
            throw new KuraException(KuraErrorCode.BAD_REQUEST, e, "Failed to get the KeyStore");
        }
    }

    @Override
    public Entry getEntry(String alias) throws KuraException {
        requireText("alias", alias == null ? null : alias + " ");
        KeyStore store = getKeyStore();
        try {
            boolean secret =
                    store.entryInstanceOf(alias, PrivateKeyEntry.class)
                            || store.entryInstanceOf(alias, SecretKeyEntry.class);
            return store.getEntry(
                    alias, secret ? new PasswordProtection(options.password()) : null);
        } catch (GeneralSecurityException e) {
            throw new KuraException(
                    KuraErrorCode.BAD_REQUEST, e, "Failed to get the entry " + alias);
        }
    }

    /**
     * Puts an entry in an alias's place.
     *
     * @throws KuraException BAD_REQUEST also for a certificate in the place of a key, which Java's
     *     key stores refuse
     */
    @Override
    public synchronized void setEntry(String alias, Entry entry) throws KuraException {
        requireText("alias", alias);
        if (entry == null) {
            throw new IllegalArgumentException("entry cannot be null");
        }
        KeyStore store = getKeyStore();
        try {
            boolean trusted = entry instanceof TrustedCertificateEntry;
            store.setEntry(
                    alias, entry, trusted ? null : new PasswordProtection(options.password()));
            save(store, options);
        } catch (GeneralSecurityException | IOException e) {
            throw new KuraException(
                    KuraErrorCode.BAD_REQUEST, e, "Failed to set the entry " + alias);
        }
        changed();
    }

    @Override
    public Map<String, Entry> getEntries() throws KuraException {
        Map<String, Entry> entries = new HashMap<>();
        for (String alias : getAliases()) {
            entries.put(alias, getEntry(alias));
        }
        return entries;
    }

    @Override
    public synchronized void deleteEntry(String alias) throws KuraException {
        if (getEntry(alias) == null) {
            return;
        }
        KeyStore store = getKeyStore();
        try {
            store.deleteEntry(alias);
            save(store, options);
        } catch (GeneralSecurityException | IOException e) {
            throw new KuraException(
                    KuraErrorCode.BAD_REQUEST, e, "Failed to delete entry " + alias);
        }
        changed();
    }

    @Override
    public List<String> getAliases() throws KuraException {
        try {
            return Collections.list(getKeyStore().aliases());
        } catch (GeneralSecurityException e) {
            throw new KuraException(KuraErrorCode.BAD_REQUEST, e, "Failed to get aliases");
        }
    }

    @Override
    public List<KeyManager> getKeyManagers(String algorithm) throws KuraException {
        requireText("algorithm", algorithm);
        try {
            return keyManagers(KeyManagerFactory.getInstance(algorithm));
        } catch (GeneralSecurityException e) {
            throw new KuraException(
                    KuraErrorCode.BAD_REQUEST, e, "Failed to get the key managers " + algorithm);
        }
    }

    @Override
    public List<KeyManager> getKeyManagers(String algorithm, String provider) throws KuraException {
        requireText("algorithm", algorithm);
        requireText("provider", provider);
        try {
            return keyManagers(KeyManagerFactory.getInstance(algorithm, provider));
        } catch (GeneralSecurityException e) {
            throw new KuraException(
                    KuraErrorCode.BAD_REQUEST, e, "Failed to get the key managers " + algorithm);
        }
    }

    private List<KeyManager> keyManagers(KeyManagerFactory factory)
            throws GeneralSecurityException, KuraException {
        factory.init(getKeyStore(), options.password());
        return List.of(factory.getKeyManagers());
    }

    @Override
    public void createKeyPair(
            String alias,
            String algorithm,
            int keySize,
            String signatureAlgorithm,
            String attributes)
            throws KuraException {
        createKeyPair(
                alias, algorithm, keySize, signatureAlgorithm, attributes, new SecureRandom());
    }

    @Override
    public void createKeyPair(
            String alias,
            String algorithm,
            int keySize,
            String signatureAlgorithm,
            String attributes,
            SecureRandom secureRandom)
            throws KuraException {
        create(
                alias,
                algorithm,
                signatureAlgorithm,
                attributes,
                generator -> generator.initialize(keySize, secureRandom));
    }

    @Override
    public void createKeyPair(
            String alias,
            String algorithm,
            AlgorithmParameterSpec algorithmParameter,
            String signatureAlgorithm,
            String attributes)
            throws KuraException {
        createKeyPair(
                alias,
                algorithm,
                algorithmParameter,
                signatureAlgorithm,
                attributes,
                new SecureRandom());
    }

    @Override
    public void createKeyPair(
            String alias,
            String algorithm,
            AlgorithmParameterSpec algorithmParameter,
            String signatureAlgorithm,
            String attributes,
            SecureRandom secureRandom)
            throws KuraException {
        create(
                alias,
                algorithm,
                signatureAlgorithm,
                attributes,
                generator -> generator.initialize(algorithmParameter, secureRandom));
    }

    private interface Initialization {
        void of(KeyPairGenerator generator) throws GeneralSecurityException;
    }

    /** The new key's certificate is signed by itself and lasts a year. */
    private void create(
            String alias,
            String algorithm,
            String signatureAlgorithm,
            String attributes,
            Initialization initialization)
            throws KuraException {
        requireText("alias", alias);
        requireText("algorithm", algorithm);
        requireText("signatureAlgorithm", signatureAlgorithm);
        requireText("attributes", attributes);
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, PROVIDER);
            initialization.of(generator);
            KeyPair pair = generator.generateKeyPair();
            OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
            X500Name name = new X500Name(attributes);
            Certificate certificate =
                    new JcaX509CertificateConverter()
                            .getCertificate(
                                    new JcaX509v3CertificateBuilder(
                                                    name,
                                                    BigInteger.valueOf(
                                                            now.toInstant().toEpochMilli()),
                                                    Date.from(now.toInstant()),
                                                    Date.from(now.plusYears(1).toInstant()),
                                                    name,
                                                    pair.getPublic())
                                            .build(
                                                    new JcaContentSignerBuilder(signatureAlgorithm)
                                                            .setProvider(PROVIDER)
                                                            .build(pair.getPrivate())));
            setEntry(
                    alias, new PrivateKeyEntry(pair.getPrivate(), new Certificate[] {certificate}));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            LOG.error("No key pair {} could be made: {}", alias, e.getMessage());
            throw new KuraException(KuraErrorCode.BAD_REQUEST);
        }
    }

    @Override
    public String getCSR(String alias, X500Principal principal, String signerAlg)
            throws KuraException {
        requireText("alias", alias);
        requireText("signerAlg", signerAlg);
        Entry entry = getEntry(alias);
        if (entry == null) {
            throw new KuraException(KuraErrorCode.NOT_FOUND);
        }
        if (!(entry instanceof PrivateKeyEntry key)) {
            throw new KuraException(KuraErrorCode.BAD_REQUEST);
        }
        return getCSR(
                new KeyPair(key.getCertificate().getPublicKey(), key.getPrivateKey()),
                principal,
                signerAlg);
    }

    @Override
    public String getCSR(KeyPair keyPair, X500Principal principal, String signerAlg)
            throws KuraException {
        requireText("signerAlg", signerAlg);
        if (keyPair == null || principal == null) {
            throw new IllegalArgumentException("Input parameters cannot be null!");
        }
        StringWriter text = new StringWriter();
        try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
            pem.writeObject(
                    new PemObject(
                            "CERTIFICATE REQUEST",
                            new JcaPKCS10CertificationRequestBuilder(principal, keyPair.getPublic())
                                    .build(
                                            new JcaContentSignerBuilder(signerAlg)
                                                    .build(keyPair.getPrivate()))
                                    .getEncoded()));
            pem.flush();
            return text.toString();
        } catch (IOException e) {
            throw new KuraException(KuraErrorCode.ENCODE_ERROR, e, "Failed to get CSR");
        } catch (OperatorCreationException e) {
            throw new KuraException(KuraErrorCode.BAD_REQUEST, e, "Failed to get CSR");
        }
    }

    @Override
    public Collection<CRL> getCRLs() {
        return List.of();
    }

    @Override
    public CertStore getCRLStore() throws KuraException {
        try {
            return CertStore.getInstance("Collection", new CollectionCertStoreParameters());
        } catch (GeneralSecurityException e) {
            throw new KuraException(KuraErrorCode.CONFIGURATION_ERROR, e);
        }
    }

    /** Nothing, as in Kura while its CRL management is off. */
    @Override
    public void addCRL(X509CRL crl) {
        LOG.debug("CRL management is off");
    }

    private void changed() {
        events.postEvent(new KeystoreChangedEvent(options.pid()));
    }

    private static KeyStore open(Options options) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        try (InputStream in = Files.newInputStream(options.path())) {
            store.load(in, options.password());
        }
        return store;
    }

    private static void save(KeyStore store, Options options)
            throws GeneralSecurityException, IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        store.store(bytes, options.password());
        PrivateFiles.write(options.path(), bytes.toByteArray());
    }

    private static void requireText(String what, String value) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(what + " cannot be null or empty");
        }
    }
}
