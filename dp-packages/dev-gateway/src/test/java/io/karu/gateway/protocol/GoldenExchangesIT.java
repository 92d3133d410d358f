package io.karu.gateway.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.karu.gateway.testkit.Await;
import io.karu.gateway.testkit.FarSide;
import io.karu.gateway.testkit.Mosquitto;
import io.karu.gateway.testkit.WirePayload;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A whole gateway answers like the golden exchanges, which were written by hand from Kura's
 * protocol. The order is part of the test: first what is asked of a gateway that has downloaded
 * nothing, then what needs the package, at last its removal and the restart.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class GoldenExchangesIT {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String COMPLETED = "COMPLETED";

    @TempDir static Path folder;
    private static final TreeSet<String> PLAYED = new TreeSet<>();
    private static Mosquitto broker;
    private static RunningGateway gateway;
    private static FarSide cloud;
    private static PackageServer server;
    private static Map<String, JsonElement> values;

    @BeforeAll
    static void start() throws NoSuchAlgorithmException {
        broker = Mosquitto.start(folder);
        cloud = new FarSide(broker.port());
        server = new PackageServer();
        gateway = new RunningGateway(folder, broker);
        byte[] edge = EdgePackage.version("1.2.0");
        values = new HashMap<>();
        values.put("uri", new JsonPrimitive(server.offer("edge.dp", edge)));
        values.put("size", new JsonPrimitive(edge.length));
        values.put("sha256", new JsonPrimitive(sha256(edge)));
        cloud.await("BIRTH", message -> message.topic().equals("$EDC/acme/gw01/MQTT/BIRTH"), SOON);
        awaitSubscription();
    }

    @AfterAll
    static void stop() {
        Stream.of(gateway, server, cloud, broker)
                .filter(Objects::nonNull)
                .forEach(GoldenExchangesIT::close);
    }

    @Order(1)
    @ParameterizedTest
    @ValueSource(
            strings = {
                "deploy-cancel-without-download",
                "deploy-install-without-download",
                "deploy-idle",
                "deploy-without-job-id",
                "deploy-job-id-of-another-type",
                "deploy-start-unknown-bundle",
                "deploy-uninstall-unknown",
                "inventory-errors",
                "request-with-unknown-method",
                "request-without-ids"
            })
    void aGatewayThatHasDownloadedNothing(String exchange) {
        play(exchange, values);
    }

    @Order(1)
    @ParameterizedTest
    @ValueSource(strings = {"keys-key-pair", "keys-trusted-certificate", "keys-errors"})
    void aGatewayWithAKeyStore(String exchange) throws Exception {
        Map<String, JsonElement> certificates = new HashMap<>(values);
        certificates.put("authority", new JsonPrimitive(certificate("RSA", "SHA256withRSA")));
        certificates.put("certificate", new JsonPrimitive(certificate("EC", "SHA256withECDSA")));
        play(exchange, certificates);
    }

    /** Kura's download does not know its own key stores, whatever they trust. */
    @Order(2)
    @Test
    void aDownloadOverHttpsTrustsTheJvmsStoreAndNotKurasKeyStores() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("EC").generateKeyPair();
        byte[] certificate = certificate(pair, "SHA256withECDSA", "CN=127.0.0.1");
        HttpsServer https =
                HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        https.setHttpsConfigurator(new HttpsConfigurator(tls(pair, certificate)));
        https.start();
        try {
            WirePayload trusted =
                    cloud.ask(
                            "gw01",
                            "KEYS-V1/POST/keystores/entries/certificate",
                            Map.of(),
                            json(
                                    Map.of(
                                            "keystoreServicePid",
                                            "SSLKeystore",
                                            "alias",
                                            "server",
                                            "certificate",
                                            pem(certificate))));
            assertEquals(200, trusted.metrics().get("response.code"));
            cloud.forget();
            cloud.ask(
                    "gw01",
                    "DEPLOY-V2/EXEC/download",
                    request(
                            "https://127.0.0.1:" + https.getAddress().getPort() + "/edge.dp",
                            "1.2.0"),
                    null);
            WirePayload told =
                    cloud.await("$EDC/acme/agg1/DEPLOY-V2/NOTIFY/gw01/download").payload();
            assertEquals("FAILED", told.text("dp.download.status"));
            assertTrue(
                    told.text("dp.download.error.message").contains("PKIX"),
                    told.text("dp.download.error.message"));
        } finally {
            https.stop(0);
            cloud.ask(
                    "gw01",
                    "KEYS-V1/DEL/keystores/entries",
                    Map.of(),
                    json(Map.of("keystoreServicePid", "SSLKeystore", "alias", "server")));
        }
    }

    private static String json(Map<String, String> values) {
        return new Gson().toJson(values);
    }

    private static SSLContext tls(KeyPair pair, byte[] certificate) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        char[] password = "secret".toCharArray();
        store.setKeyEntry(
                "server",
                pair.getPrivate(),
                password,
                new Certificate[] {
                    CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(certificate))
                });
        KeyManagerFactory keys =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    /** As KEYS-V1 tells certificates: no line after the last. */
    private static String certificate(String algorithm, String signature) throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance(algorithm).generateKeyPair();
        return pem(certificate(pair, signature, "CN=" + algorithm));
    }

    private static byte[] certificate(KeyPair pair, String signature, String subject)
            throws Exception {
        X500Name name = new X500Name(subject);
        Instant now = Instant.now();
        return new JcaX509v3CertificateBuilder(
                        name,
                        BigInteger.ONE,
                        Date.from(now),
                        Date.from(now.plus(Duration.ofDays(1))),
                        name,
                        pair.getPublic())
                .build(new JcaContentSignerBuilder(signature).build(pair.getPrivate()))
                .getEncoded();
    }

    private static String pem(byte[] der) {
        return "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END CERTIFICATE-----";
    }

    @Order(2)
    @Test
    void nothingListensAtTheAddress() {
        Map<String, JsonElement> unreachable = new HashMap<>(values);
        unreachable.put("uri", new JsonPrimitive("http://127.0.0.1:1/edge.dp"));
        play("deploy-unreachable", unreachable);
    }

    @Order(2)
    @Test
    void anotherProtocolThanHttp() {
        play("deploy-other-protocol", values);
    }

    @Order(3)
    @Test
    void aWrongHashCompletesThenFailsAndDeletesTheFile() {
        play("deploy-wrong-hash", values);
        assertFalse(Files.exists(gateway.downloads().resolve("com.x.edge_1.2.0.dp")));
        assertEquals(
                "ALREADY DONE",
                cloud.ask("gw01", "DEPLOY-V2/GET/download").text("dp.download.status"));
        assertTrue(cloud.arrived(message -> message.topic().endsWith("/install")).isEmpty());
    }

    @Order(4)
    @Test
    void aSecondDownloadIsRefusedWhileOneRuns() {
        server.hold();
        play("deploy-while-downloading", values);
        server.release();
        assertEquals(COMPLETED, awaitInstall());
    }

    @Order(5)
    @ParameterizedTest
    @ValueSource(
            strings = {
                "deploy-install",
                "deploy-list",
                "inventory-all",
                "inventory-bundles",
                "conf-list"
            })
    void aGatewayWithThePackage(String exchange) {
        havePackage();
        play(exchange, values);
    }

    @Order(6)
    @ParameterizedTest
    @ValueSource(
            strings = {
                "conf-read-and-write",
                "conf-unknown-pid",
                "conf-errors",
                "conf-snapshot-and-rollback",
                "conf-factory-component"
            })
    void aGatewayWithATrackedComponent(String exchange) {
        awaitSubscription();
        havePackage();
        resetThreshold();
        play(exchange, values);
    }

    @Order(7)
    @Test
    void thePackageIsRemoved() {
        awaitSubscription();
        havePackage();
        play("deploy-uninstall", values);
        assertFalse(Files.exists(gateway.home().resolve("packages/com.x.edge_1.2.0.dp")));
    }

    @Order(8)
    @Test
    void everyGoldenExchangeWasPlayed() throws IOException, URISyntaxException {
        Path golden = Path.of(GoldenExchangesIT.class.getResource("/golden").toURI());
        try (Stream<Path> files = Files.list(golden)) {
            assertEquals(
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".json"))
                            .map(name -> name.replace(".json", ""))
                            .collect(Collectors.toCollection(TreeSet::new)),
                    PLAYED);
        }
    }

    @Order(10)
    @Test
    void completedDoesNotMeanThatTheBundlesWork() {
        assertEquals(COMPLETED, install("2.0.0", EdgePackage.unresolvable("2.0.0"), Map.of()));
        String inventory =
                new String(cloud.ask("gw01", "INVENTORY-V1/GET/deploymentPackages").body());
        assertTrue(inventory.contains("\"state\":\"INSTALLED\""), inventory);
    }

    @Order(11)
    @Test
    void withoutForceAFileThatIsThereIsInstalledUnchecked() throws IOException {
        Files.createDirectories(gateway.downloads());
        Files.write(
                gateway.downloads().resolve("com.x.edge_2.1.0.dp"), EdgePackage.version("2.1.0"));
        cloud.forget();
        Map<String, Object> request = request("http://127.0.0.1:1/absent.dp", "2.1.0");
        request.put("dp.download.force", false);
        request.put("dp.download.hash", "SHA-256:00");
        assertEquals(
                200,
                cloud.ask("gw01", "DEPLOY-V2/EXEC/download", request, null)
                        .metrics()
                        .get("response.code"));
        WirePayload download =
                cloud.await("$EDC/acme/agg1/DEPLOY-V2/NOTIFY/gw01/download").payload();
        assertEquals(COMPLETED, download.text("dp.download.status"));
        assertFalse(download.metrics().containsKey("dp.download.index"));
        assertEquals(COMPLETED, awaitInstall());
    }

    @Order(12)
    @Test
    void redirectsAreFollowed() {
        server.offer("moved-edge.dp", EdgePackage.version("2.2.0"));
        cloud.forget();
        cloud.ask(
                "gw01",
                "DEPLOY-V2/EXEC/download",
                request(server.base() + "/moved/moved-edge.dp", "2.2.0"),
                null);
        assertEquals(COMPLETED, awaitInstall());
    }

    @Order(13)
    @Test
    void aCancelledDownloadIsDeletedAndNotInstalled() {
        server.hold();
        String uri = server.offer("edge-2.3.0.dp", EdgePackage.version("2.3.0"));
        cloud.forget();
        cloud.ask("gw01", "DEPLOY-V2/EXEC/download", request(uri, "2.3.0"), null);
        cloud.await("$EDC/acme/agg1/DEPLOY-V2/NOTIFY/gw01/download");
        assertEquals(
                200, cloud.ask("gw01", "DEPLOY-V2/DEL/download").metrics().get("response.code"));
        cloud.await(
                "CANCELLED",
                message ->
                        message.topic().endsWith("/NOTIFY/gw01/download")
                                && "CANCELLED".equals(message.payload().text("dp.download.status")),
                SOON);
        server.release();
        Await.until(
                "the gateway is idle",
                SOON,
                () ->
                        "ALREADY DONE"
                                .equals(
                                        cloud.ask("gw01", "DEPLOY-V2/GET/download")
                                                .text("dp.download.status")));
        assertFalse(Files.exists(gateway.downloads().resolve("com.x.edge_2.3.0.dp")));
        assertTrue(cloud.arrived(message -> message.topic().endsWith("/install")).isEmpty());
    }

    @Order(14)
    @Test
    void aRefusedPackageFailsWithTheReasonOfDeploymentAdmin() {
        cloud.forget();
        String uri = server.offer("no.dp", "no package".getBytes());
        cloud.ask("gw01", "DEPLOY-V2/EXEC/download", request(uri, "9.9.9"), null);
        WirePayload install = cloud.await("$EDC/acme/agg1/DEPLOY-V2/NOTIFY/gw01/install").payload();
        assertEquals("FAILED", install.text("dp.install.status"));
        assertEquals(0, install.metrics().get("dp.install.progress"));
        assertFalse(install.text("dp.install.error.message").isBlank());
    }

    @Order(20)
    @Test
    void aRebootEndsTheProcessForARestartAndThePackageIsThereAgain() {
        assertEquals(
                COMPLETED,
                install("3.0.0", EdgePackage.version("3.0.0"), Map.of("dp.reboot", true)));
        assertEquals(42, gateway.awaitEnd());
        cloud.await("$EDC/acme/gw01/MQTT/DC");
        gateway.start();
        cloud.await("$EDC/acme/gw01/MQTT/BIRTH");
        awaitSubscription();
        String packages = new String(cloud.ask("gw01", "DEPLOY-V2/GET/packages").body());
        assertTrue(packages.contains("<name>com.x.edge</name><version>3.0.0</version>"), packages);
    }

    private static void play(String exchange, Map<String, JsonElement> values) {
        PLAYED.add(exchange);
        new GoldenExchange(exchange, cloud, values).play();
    }

    /** Also where an exchange that failed is played again without those before it. */
    private static void havePackage() {
        String packages = new String(cloud.ask("gw01", "DEPLOY-V2/GET/packages").body());
        if (!packages.contains("<name>" + EdgePackage.NAME + "</name>")) {
            assertEquals(COMPLETED, install("1.2.0", EdgePackage.version("1.2.0"), Map.of()));
        }
    }

    private static String install(String version, byte[] content, Map<String, Object> more) {
        cloud.forget();
        Map<String, Object> request =
                request(server.offer("edge-" + version + ".dp", content), version);
        request.putAll(more);
        cloud.ask("gw01", "DEPLOY-V2/EXEC/download", request, null);
        return awaitInstall();
    }

    private static Map<String, Object> request(String uri, String version) {
        Map<String, Object> request = new HashMap<>();
        request.put("dp.uri", uri);
        request.put("dp.name", EdgePackage.NAME);
        request.put("dp.version", version);
        request.put("dp.download.protocol", "HTTP");
        request.put("job.id", 99L);
        request.put("dp.install.system.update", false);
        request.put("dp.download.force", true);
        return request;
    }

    private static String awaitInstall() {
        return cloud.await("$EDC/acme/agg1/DEPLOY-V2/NOTIFY/gw01/install")
                .payload()
                .text("dp.install.status");
    }

    private static void resetThreshold() {
        cloud.ask(
                "gw01",
                "CONF-V2/PUT/configurableComponents/configurations/_update",
                Map.of(),
                "{\"configs\":[{\"pid\":\"com.x.edge.Inspector\",\"properties\":"
                        + "{\"threshold\":{\"type\":\"DOUBLE\",\"value\":0.5}}}]}");
    }

    /** BIRTH comes before the subscription. */
    private static void awaitSubscription() {
        Await.until(
                "requests are answered",
                SOON,
                () -> {
                    cloud.publish(
                            "$EDC/acme/gw01/DEPLOY-V2/GET/install",
                            WirePayload.encode(
                                    Map.of(
                                            "request.id",
                                            "first",
                                            "requester.client.id",
                                            FarSide.ID),
                                    null));
                    return cloud.take(message -> message.topic().endsWith("/REPLY/first"))
                            .isPresent();
                });
    }

    private static String sha256(byte[] content) throws NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    private static void close(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
