package io.karu.gateway.transport;

import io.karu.gateway.conf.ComponentProperties;
import io.karu.gateway.conf.Passwords;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.crypto.CryptoService;
import org.eclipse.kura.security.keystore.KeystoreChangedEvent;
import org.eclipse.kura.security.keystore.KeystoreService;
import org.eclipse.kura.ssl.SslManagerService;
import org.eclipse.kura.ssl.SslServiceListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.event.Event;
import org.osgi.service.event.EventHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kura's SSL manager: its key stores say whom the gateway trusts and who it is, the first key that
 * the peer's authorities have certified. A change of a key store is told to whoever uses TLS. For
 * development there is a simple form: one file of certificates (PEM), or a key store.
 */
@Component(
        name = SslManager.PID,
        service = {
            SslManager.class,
            SslManagerService.class,
            ConfigurableComponent.class,
            EventHandler.class
        },
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = {
            "kura.service.pid=" + SslManager.PID,
            "event.topics=" + KeystoreChangedEvent.EVENT_TOPIC
        })
public class SslManager implements SslManagerService, ConfigurableComponent, EventHandler {

    public static final String PID = "org.eclipse.kura.ssl.SslManagerService";

    private static final Logger LOG = LoggerFactory.getLogger(SslManager.class);

    private final CryptoService crypto;
    private final List<SslServiceListener> listeners = new CopyOnWriteArrayList<>();
    private final ExecutorService changes =
            Executors.newSingleThreadExecutor(
                    task -> {
                        Thread thread = new Thread(task, "karu-ssl-changes");
                        thread.setDaemon(true);
                        return thread;
                    });
    private volatile Options options;
    private volatile Store keys;
    private volatile Store trusted;

    private record Store(String pid, KeystoreService service) {}

    private record Options(String protocol, String storePath, char[] password, boolean hostname) {}

    @Activate
    public SslManager(@Reference CryptoService crypto, Map<String, Object> properties) {
        this.crypto = crypto;
        updated(properties);
        if (options == null) {
            updated(Map.of());
        }
    }

    @Modified
    public final void updated(Map<String, Object> properties) {
        try {
            ComponentProperties given = new ComponentProperties(properties);
            options =
                    new Options(
                            given.text("ssl.default.protocol", "TLSv1.2"),
                            given.text("ssl.default.trustStore", "").strip(),
                            Passwords.clear(crypto, properties.get("ssl.keystore.password")),
                            given.flag("ssl.hostname.verification", true));
        } catch (IllegalArgumentException e) {
            LOG.error("{} The last good configuration is kept.", e.getMessage());
        }
    }

    @Deactivate
    public void deactivate() {
        changes.shutdownNow();
    }

    /** Kura's default when a target is not found: no key store. */
    @Reference(
            name = "KeystoreService",
            target = "(kura.service.pid=SSLKeystore)",
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setKeystoreService(KeystoreService service, Map<String, Object> properties) {
        keys = new Store(String.valueOf(properties.get("kura.service.pid")), service);
        changed();
    }

    public void unsetKeystoreService(KeystoreService service) {
        Store present = keys;
        if (present != null && present.service() == service) {
            keys = null;
            changed();
        }
    }

    /** Without one the key store is the trust store too. */
    @Reference(
            name = "TruststoreKeystoreService",
            target = "(kura.service.pid=changeme)",
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setTruststoreKeystoreService(
            KeystoreService service, Map<String, Object> properties) {
        trusted = new Store(String.valueOf(properties.get("kura.service.pid")), service);
        changed();
    }

    public void unsetTruststoreKeystoreService(KeystoreService service) {
        Store present = trusted;
        if (present != null && present.service() == service) {
            trusted = null;
            changed();
        }
    }

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void addListener(SslServiceListener listener) {
        listeners.add(listener);
    }

    public void removeListener(SslServiceListener listener) {
        listeners.remove(listener);
    }

    /** A key store that is in use has changed: connections are made anew with what it holds now. */
    @Override
    public void handleEvent(Event event) {
        Object pid = event.getProperty(KeystoreChangedEvent.SENDER_PID_PROPERTY_KEY);
        if (isOf(keys, pid) || isOf(trusted, pid)) {
            changed();
        }
    }

    private static boolean isOf(Store store, Object pid) {
        return store != null && store.pid().equals(pid);
    }

    /**
     * On a thread of its own: the event admin drops handlers that take long, as connecting does.
     */
    private void changed() {
        try {
            changes.execute(this::tellListeners);
        } catch (RejectedExecutionException e) {
            LOG.debug("A change of a key store is not told: stopping.");
        }
    }

    private void tellListeners() {
        for (SslServiceListener listener : listeners) {
            try {
                listener.onConfigurationUpdated();
            } catch (RuntimeException e) {
                LOG.error("A listener did not take the change of a key store.", e);
            }
        }
    }

    public boolean verifiesHostname() {
        return options.hostname();
    }

    @Override
    public SSLContext getSSLContext() throws GeneralSecurityException, IOException {
        Options current = options;
        SSLContext context = SSLContext.getInstance(current.protocol());
        if (current.storePath().isEmpty()) {
            context.init(ownKeys(), trustOfStores(), null);
            return context;
        }
        KeyStore store = load(Path.of(current.storePath()), current.password());
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        TrustManager[] trusted = trust.getTrustManagers();
        KeyManagerFactory keys =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, current.password());
        KeyManager[] identities = keys.getKeyManagers();
        context.init(identities, trusted, null);
        return context;
    }

    private KeyManager[] ownKeys() throws IOException {
        Store present = keys;
        try {
            return present == null
                    ? null
                    : present.service()
                            .getKeyManagers(KeyManagerFactory.getDefaultAlgorithm())
                            .toArray(new KeyManager[0]);
        } catch (KuraException e) {
            throw new IOException(e);
        }
    }

    /** The JVM's authorities while no certificate to trust is there, as Kura's store comes with. */
    private TrustManager[] trustOfStores() throws GeneralSecurityException, IOException {
        Store present = trusted == null ? keys : trusted;
        try {
            if (present == null || !trustsAnybody(present.service().getKeyStore())) {
                return null;
            }
            TrustManagerFactory trust =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(present.service().getKeyStore());
            return trust.getTrustManagers();
        } catch (KuraException e) {
            throw new IOException(e);
        }
    }

    private static boolean trustsAnybody(KeyStore store) throws GeneralSecurityException {
        for (String alias : Collections.list(store.aliases())) {
            if (store.isCertificateEntry(alias)) {
                return true;
            }
        }
        return false;
    }

    /** The key is chosen by TLS; the alias is not used, as in Kura. */
    @Override
    public SSLContext getSSLContext(String keyAlias) throws GeneralSecurityException, IOException {
        return getSSLContext();
    }

    @Override
    public SSLSocketFactory getSSLSocketFactory() throws GeneralSecurityException, IOException {
        return getSSLContext().getSocketFactory();
    }

    @Override
    public SSLSocketFactory getSSLSocketFactory(String keyAlias)
            throws GeneralSecurityException, IOException {
        return getSSLSocketFactory();
    }

    @Override
    public SSLSocketFactory getSSLSocketFactory(
            String protocol,
            String cipherSuites,
            String trustStorePath,
            String keyStorePath,
            char[] keyStorePassword,
            String keyAlias) {
        throw deprecated();
    }

    @Override
    public SSLSocketFactory getSSLSocketFactory(
            String protocol,
            String cipherSuites,
            String trustStorePath,
            String keyStorePath,
            char[] keyStorePassword,
            String keyAlias,
            boolean hostnameVerification) {
        throw deprecated();
    }

    @Override
    public X509Certificate[] getTrustCertificates() {
        throw deprecated();
    }

    @Override
    public void deleteTrustCertificate(String alias) {
        throw deprecated();
    }

    @Override
    public void installPrivateKey(
            String alias, PrivateKey privateKey, char[] password, Certificate[] publicCerts) {
        throw deprecated();
    }

    @Override
    public void installTrustCertificate(String alias, X509Certificate x509crt) {
        throw deprecated();
    }

    private static KeyStore load(Path file, char[] password)
            throws GeneralSecurityException, IOException {
        try (InputStream in = new FileInputStream(file.toFile())) {
            if (!file.toString().matches(".*\\.(pem|crt|cer)")) {
                KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
                store.load(in, password);
                return store;
            }
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("trusted-" + number++, certificate);
            }
            return store;
        }
    }

    private static UnsupportedOperationException deprecated() {
        return new UnsupportedOperationException(
                "Deprecated in Kura and not offered by the development gateway; configure "
                        + PID
                        + " instead.");
    }
}
