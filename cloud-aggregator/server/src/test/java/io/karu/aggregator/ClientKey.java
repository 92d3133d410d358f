package io.karu.aggregator;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.mqtt3.Mqtt3ClientBuilder;
import io.karu.aggregator.identity.Certificates;
import io.karu.aggregator.identity.CertsOnly;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** A gateway's key and certificates, and how it shows them over TLS. */
record ClientKey(KeyPair pair, List<X509Certificate> chain) {
    private static final char[] PASSWORD = "secret".toCharArray();

    static KeyPair newPair() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    static PKCS10CertificationRequest request(KeyPair pair, String subject) throws Exception {
        String algorithm =
                pair.getPublic().getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        return new JcaPKCS10CertificationRequestBuilder(
                        new X500Principal(subject), pair.getPublic())
                .build(new JcaContentSignerBuilder(algorithm).build(pair.getPrivate()));
    }

    /** Asks an EST server with a token as the password. */
    static HttpResponse<String> enrol(String base, Path authority, String token, byte[] request)
            throws Exception {
        String basic =
                Base64.getEncoder()
                        .encodeToString(("gateway:" + token).getBytes(StandardCharsets.UTF_8));
        return https(Optional.empty(), authority)
                .send(
                        HttpRequest.newBuilder(URI.create(base + "/.well-known/est/simpleenroll"))
                                .header("Content-Type", "application/pkcs10")
                                .header("Authorization", "Basic " + basic)
                                .POST(base64(request))
                                .build(),
                        BodyHandlers.ofString());
    }

    static HttpRequest.BodyPublisher base64(byte[] der) {
        return BodyPublishers.ofString(Base64.getMimeEncoder().encodeToString(der));
    }

    static List<X509Certificate> certificates(HttpResponse<String> answer) throws Exception {
        return CertsOnly.decode(Base64.getMimeDecoder().decode(answer.body()));
    }

    static HttpClient https(Optional<ClientKey> key, Path authority) throws Exception {
        return HttpClient.newBuilder().sslContext(context(key, authority)).build();
    }

    static SSLContext context(Optional<ClientKey> key, Path authority) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                key.isPresent() ? key.get().managers().getKeyManagers() : null,
                trusting(authority).getTrustManagers(),
                null);
        return context;
    }

    static Mqtt3ClientBuilder mqtt(
            String clientId, Optional<ClientKey> key, int port, Path authority) throws Exception {
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(clientId)
                .serverHost("localhost")
                .serverPort(port)
                .sslConfig(
                        MqttClientSslConfig.builder()
                                .trustManagerFactory(trusting(authority))
                                .keyManagerFactory(key.isPresent() ? key.get().managers() : null)
                                .build());
    }

    private KeyManagerFactory managers() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("key", pair.getPrivate(), PASSWORD, chain.toArray(new Certificate[0]));
        KeyManagerFactory factory =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, PASSWORD);
        return factory;
    }

    private static TrustManagerFactory trusting(Path authority) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (X509Certificate certificate : Certificates.parse(Files.readAllBytes(authority))) {
            store.setCertificateEntry(Certificates.fingerprint(certificate), certificate);
        }
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory;
    }
}
