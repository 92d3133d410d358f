package io.karu.aggregator.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.identity.Authority;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An aggregator that other machines reach, with a certificate of its own authority. */
class HttpsTest {
    @TempDir Path folder;
    private Face face;

    @BeforeEach
    void start() throws Exception {
        Authority authority = new Authority(folder.resolve("authority"));
        Authority.ServerKey key = authority.serverKey("plant.example");
        HttpSettings settings =
                new HttpSettings(
                        "0.0.0.0",
                        0,
                        Optional.of(
                                new HttpSettings.Tls(
                                        "plant.example",
                                        key.keystore(),
                                        authority.trustStore().keystore(),
                                        key.password())),
                        Optional.empty());
        face =
                new Face(
                        folder,
                        settings,
                        HttpClient.newBuilder().sslContext(trusting(authority.certificate())));
    }

    @AfterEach
    void stop() {
        face.close();
    }

    @Test
    void whoTrustsTheAuthorityLogsInAndTheCookieStaysOnTls() throws Exception {
        var answer = face.login("admin", face.password);
        assertEquals(200, answer.statusCode());
        String cookie = answer.headers().firstValue("Set-Cookie").orElseThrow();
        assertTrue(cookie.contains("Secure"), cookie);
        assertTrue(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), cookie);
        assertEquals(200, face.get("/api/v1/session").statusCode());
    }

    @Test
    void whoDoesNotTrustTheAuthorityIsNotConnected() {
        HttpRequest request = face.to("/health/live").build();
        assertThrows(
                SSLHandshakeException.class,
                () -> HttpClient.newHttpClient().send(request, BodyHandlers.ofString()));
    }

    @Test
    void plainHttpIsNotServedOnThatPort() throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(
                                URI.create(
                                        "http://127.0.0.1:" + face.server.port() + "/health/live"))
                        .timeout(Duration.ofSeconds(10))
                        .build();
        int status;
        try {
            status = HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).statusCode();
        } catch (java.io.IOException e) {
            return;
        }
        assertEquals(400, status);
    }

    @Test
    void gatewaysAreToldTheNameOnTheCertificate() {
        assertEquals("https://plant.example:" + face.server.port(), face.server.base());
    }

    private static SSLContext trusting(Path authority) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(authority)) {
            trusted.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }
}
