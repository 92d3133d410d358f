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
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.crypto.CryptoService;
import org.eclipse.kura.ssl.SslManagerService;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The simple form of Kura's SSL manager: one file says whom the gateway trusts and, if it holds a
 * private key, who the gateway is. PEM files hold certificates only; anything else is a key store.
 * Without a file the JVM's own trust store decides.
 */
@Component(
        name = SslManager.PID,
        service = {SslManager.class, SslManagerService.class, ConfigurableComponent.class},
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = {"kura.service.pid=" + SslManager.PID})
public class SslManager implements SslManagerService, ConfigurableComponent {

    public static final String PID = "org.eclipse.kura.ssl.SslManagerService";

    private static final Logger LOG = LoggerFactory.getLogger(SslManager.class);

    private final CryptoService crypto;
    private volatile Options options;

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

    public boolean verifiesHostname() {
        return options.hostname();
    }

    @Override
    public SSLContext getSSLContext() throws GeneralSecurityException, IOException {
        Options current = options;
        SSLContext context = SSLContext.getInstance(current.protocol());
        if (current.storePath().isEmpty()) {
            context.init(null, null, null);
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

    /** The key is chosen by TLS; the alias is not used by the simple form. */
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
