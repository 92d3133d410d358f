package io.karu.gateway.cloud;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.karu.gateway.testkit.Await;
import io.karu.gateway.testkit.Mosquitto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.kura.KuraConnectException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * mqtts against a real broker with a certificate for {@code localhost} of an authority that Java
 * does not know.
 */
class TlsTest {

    private static final String PASSWORD = "changeit";

    @TempDir static Path pki;
    private static Mosquitto broker;
    private static Path certificate;

    @TempDir Path folder;

    @BeforeAll
    static void startBroker() throws Exception {
        Path store = pki.resolve("broker.p12");
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "broker",
                                "-keyalg",
                                "RSA",
                                "-keysize",
                                "2048",
                                "-dname",
                                "CN=localhost",
                                "-ext",
                                "san=dns:localhost",
                                "-validity",
                                "2",
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                store.toString(),
                                "-storepass",
                                PASSWORD)
                        .redirectErrorStream(true)
                        .redirectOutput(pki.resolve("keytool.log").toFile())
                        .start();
        assertEquals(true, keytool.waitFor(60, TimeUnit.SECONDS), "keytool");
        assertEquals(0, keytool.exitValue(), () -> read(pki.resolve("keytool.log")));
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        certificate = pem("CERTIFICATE", keys.getCertificate("broker").getEncoded(), "broker.pem");
        Path key =
                pem(
                        "PRIVATE KEY",
                        keys.getKey("broker", PASSWORD.toCharArray()).getEncoded(),
                        "key.pem");
        broker = Mosquitto.startSecure(pki, certificate, key);
    }

    @AfterAll
    static void stopBroker() {
        if (broker != null) {
            broker.close();
        }
    }

    @Test
    void theConfiguredTrustStoreLetsItConnect() {
        try (Rig rig = rig("localhost", Map.of("ssl.default.trustStore", certificate.toString()))) {
            Await.until("connected by TLS", Duration.ofSeconds(15), rig.cloud::isConnected);
        }
    }

    @Test
    void aKeyStoreIsATrustStoreToo() throws Exception {
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            trust.setCertificateEntry(
                    "broker",
                    java.security.cert.CertificateFactory.getInstance("X.509")
                            .generateCertificate(in));
        }
        Path store = folder.resolve("trust.p12");
        try (var out = Files.newOutputStream(store)) {
            trust.store(out, PASSWORD.toCharArray());
        }
        Map<String, Object> ssl =
                Map.of(
                        "ssl.default.trustStore",
                        store.toString(),
                        "ssl.keystore.password",
                        PASSWORD);
        try (Rig rig = rig("localhost", ssl)) {
            Await.until("connected by TLS", Duration.ofSeconds(15), rig.cloud::isConnected);
        }
    }

    @Test
    void anUnknownAuthorityIsRefused() {
        try (Rig rig = rig("localhost", Map.of())) {
            assertThrows(KuraConnectException.class, rig.transport::connect);
            assertFalse(rig.cloud.isConnected());
        }
    }

    @Test
    void anotherHostNameIsRefusedUnlessToldOtherwise() {
        String trusted = certificate.toString();
        try (Rig rig = rig("127.0.0.1", Map.of("ssl.default.trustStore", trusted))) {
            assertThrows(KuraConnectException.class, rig.transport::connect);
        }
        Map<String, Object> lenient =
                Map.of("ssl.default.trustStore", trusted, "ssl.hostname.verification", false);
        try (Rig rig = rig("127.0.0.1", lenient)) {
            Await.until("connected by TLS", Duration.ofSeconds(15), rig.cloud::isConnected);
        }
    }

    private Rig rig(String host, Map<String, Object> ssl) {
        return new Rig(
                "mqtts://" + host + ":" + broker.port() + "/", folder.resolve(host), ssl, Map.of());
    }

    private static Path pem(String kind, byte[] content, String name)
            throws IOException, GeneralSecurityException {
        return Files.write(
                pki.resolve(name),
                List.of(
                        "-----BEGIN " + kind + "-----",
                        Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content),
                        "-----END " + kind + "-----"));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.getMessage();
        }
    }
}
