package io.karu.aggregator;

import static io.karu.aggregator.Workbench.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3ClientBuilder;
import io.karu.aggregator.audit.AuditQuery;
import io.karu.aggregator.fleet.GatewayCredentials;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.http.HttpServer;
import io.karu.aggregator.identity.Authority;
import io.karu.aggregator.identity.Certificates;
import io.karu.aggregator.identity.CertsOnly;
import io.karu.aggregator.identity.Csr;
import io.karu.aggregator.identity.GatewayCertificate.How;
import io.karu.aggregator.identity.GatewayIdentity;
import io.karu.aggregator.identity.GatewayIdentity.Means;
import io.karu.aggregator.identity.GatewayIdentity.State;
import io.karu.aggregator.security.People;
import io.karu.aggregator.store.Json;
import java.net.InetAddress;
import java.net.ServerSocket;
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
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates of gateways on the embedded broker and over HTTPS, with real TLS. */
class IdentityTest {
    private static final char[] PASSWORD = "secret".toCharArray();

    @TempDir static Path folder;
    private static Aggregator aggregator;
    private static HttpServer http;
    private static Authority foreign;
    private static int tlsPort;
    private static int number;

    private GatewayId id;
    private GatewayCredentials credentials;

    @BeforeAll
    static void start() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            tlsPort = socket.getLocalPort();
        }
        foreign = new Authority(folder.resolve("foreign"));
        Settings settings =
                Settings.of(
                        folder.resolve("data"),
                        Map.of(
                                "mqtt.port",
                                "0",
                                "mqtt.tls.bind",
                                "127.0.0.1",
                                "mqtt.tls.port",
                                Integer.toString(tlsPort),
                                "mqtt.tls.host",
                                "localhost",
                                "http.port",
                                "0",
                                "http.tls.host",
                                "localhost",
                                "identity.authorities",
                                foreign.certificate().toString()));
        aggregator = Aggregator.open(settings, Workbench.TIMES);
        People people = new People(aggregator.database().jdbi());
        people.createFirst();
        http =
                HttpServer.start(
                        Main.httpSettings(settings, aggregator.authority()),
                        Main.services(aggregator, people));
        aggregator.start(http.base());
    }

    @AfterAll
    static void stop() {
        http.close();
        aggregator.close();
    }

    @BeforeEach
    void register() {
        id = new GatewayId("karu", "gw-" + ++number);
        credentials = aggregator.fleet().register(id, "plant", Set.of());
    }

    @Test
    void aGatewayEnrolsWithAOneTimeTokenAndIsKnownByItsCertificate() throws Exception {
        Key key = enrolled();
        X509Certificate certificate = key.chain().get(0);
        assertEquals(
                new X500Principal("CN=" + id.clientId() + ",O=karu"),
                certificate.getSubjectX500Principal());
        assertEquals(List.of("1.3.6.1.5.5.7.3.2"), certificate.getExtendedKeyUsage());
        assertEquals(-1, certificate.getBasicConstraints());
        Mqtt3BlockingClient client = client(id.clientId(), Optional.of(key), false);
        client.connect();
        GatewayIdentity identity = identity();
        assertEquals(State.VALID, identity.state());
        assertEquals(Means.CERTIFICATE, identity.login().orElseThrow().means());
        assertTrue(identity.certificateRequired());
        client.subscribeWith().topicFilter("$EDC/karu/" + id.clientId() + "/#").send();
        assertThrows(
                RuntimeException.class,
                () -> client.subscribeWith().topicFilter("$EDC/karu/another/#").send());
        client.disconnect();
        var password = client(id.clientId(), Optional.empty(), true);
        assertThrows(RuntimeException.class, password::connect);
        var another = client("another", Optional.of(key), false);
        assertThrows(RuntimeException.class, another::connect);
    }

    @Test
    void aTokenIsUsedOnceAndOnlyByARequestThatIsAsItShouldBe() throws Exception {
        String token = aggregator.identities().issueToken(id, Duration.ofHours(1));
        KeyPair pair = pair();
        byte[] der = request(pair, "CN=x").getEncoded();
        byte[] altered = der.clone();
        altered[altered.length - 1] ^= 1;
        KeyPairGenerator weak = KeyPairGenerator.getInstance("RSA");
        weak.initialize(1024);
        KeyPair small = weak.generateKeyPair();
        assertEquals("CSR_INVALID", refused(enrol(token, altered)));
        assertEquals("CSR_INVALID", refused(enrol(token, "x".getBytes())));
        assertEquals("CSR_INVALID", refused(enrol(token, request(small, "CN=x").getEncoded())));
        assertEquals("NOT_LOGGED_IN", refused(enrol("guessed", der)));
        assertEquals(200, enrol(token, der).statusCode());
        var again = enrol(token, der);
        assertEquals("NOT_LOGGED_IN", refused(again));
        assertTrue(again.headers().firstValue("WWW-Authenticate").isPresent());
        String late = aggregator.identities().issueToken(id, Duration.ofSeconds(-1));
        assertEquals("NOT_LOGGED_IN", refused(enrol(late, der)));
    }

    @Test
    void aCertificateRenewsItselfAndOnlyItself() throws Exception {
        Key key = enrolled();
        KeyPair next = pair();
        String own = "CN=" + id.clientId() + ",O=karu";
        var renewed = renew(Optional.of(key), request(next, own));
        assertEquals(200, renewed.statusCode(), renewed.body());
        X509Certificate fresh = certificate(renewed.body());
        assertEquals(next.getPublic(), fresh.getPublicKey());
        assertNotEquals(key.chain().get(0), fresh);
        Mqtt3BlockingClient client =
                client(id.clientId(), Optional.of(new Key(next, List.of(fresh))), false);
        client.connect();
        client.disconnect();
        assertEquals(
                "CSR_INVALID",
                refused(renew(Optional.of(key), request(next, "CN=another,O=karu"))));
        assertEquals("NOT_LOGGED_IN", refused(renew(Optional.empty(), request(next, own))));
    }

    @Test
    void aRevocationCutsTheLiveConnectionAndNothingOfTheGatewayLetsInUntilItIsReadmitted()
            throws Exception {
        Key key = enrolled();
        AtomicBoolean cut = new AtomicBoolean();
        Mqtt3BlockingClient live =
                builder(id.clientId(), Optional.of(key), false)
                        .addDisconnectedListener(context -> cut.set(true))
                        .buildBlocking();
        live.connect();
        aggregator.identities().revoke(id, "stolen");
        await("the connection is cut", cut::get);
        assertEquals(State.REVOKED, identity().state());
        assertEquals(Optional.of("stolen"), identity().certificate().orElseThrow().revokedReason());
        assertThrows(RuntimeException.class, live::connect);
        var password = client(id.clientId(), Optional.empty(), true);
        assertThrows(RuntimeException.class, password::connect);
        assertEquals(
                "NOT_LOGGED_IN",
                refused(
                        renew(
                                Optional.of(key),
                                request(pair(), "CN=" + id.clientId() + ",O=karu"))));
        var e =
                assertThrows(
                        AggregatorException.class, () -> aggregator.enrolments().begin(id, false));
        assertEquals(AggregatorException.Code.IDENTITY_STATE, e.code());
        aggregator.identities().readmit(id);
        password.connect();
        password.disconnect();
        assertThrows(RuntimeException.class, live::connect);
        Key anew = enrolled();
        Mqtt3BlockingClient back = client(id.clientId(), Optional.of(anew), false);
        back.connect();
        back.disconnect();
    }

    @Test
    void certificatesOfAConfiguredAuthorityCountAndCanBeRevokedHereToo() throws Exception {
        KeyPair pair = pair();
        List<X509Certificate> chain =
                foreign.issue(Csr.parse(request(pair, "CN=x").getEncoded()), id);
        Mqtt3BlockingClient client =
                client(id.clientId(), Optional.of(new Key(pair, chain)), false);
        client.connect();
        assertEquals(How.FOREIGN, identity().certificate().orElseThrow().how());
        client.disconnect();
        GatewayId nobody = new GatewayId("karu", "not-registered");
        List<X509Certificate> strange =
                foreign.issue(Csr.parse(request(pair, "CN=x").getEncoded()), nobody);
        var unknown = client(nobody.clientId(), Optional.of(new Key(pair, strange)), false);
        assertThrows(RuntimeException.class, unknown::connect);
        aggregator.identities().revoke(id, "retired");
        assertThrows(RuntimeException.class, client::connect);
        KeyPair other = pair();
        List<X509Certificate> later =
                foreign.issue(Csr.parse(request(other, "CN=x").getEncoded()), id);
        var afterwards = client(id.clientId(), Optional.of(new Key(other, later)), false);
        assertThrows(RuntimeException.class, afterwards::connect);
    }

    @Test
    void aCertificateOfNobodysAuthorityDoesNotPassTheHandshake() throws Exception {
        Authority unknown = new Authority(folder.resolve("unknown"));
        KeyPair pair = pair();
        List<X509Certificate> chain =
                unknown.issue(Csr.parse(request(pair, "CN=x").getEncoded()), id);
        var client = client(id.clientId(), Optional.of(new Key(pair, chain)), true);
        try {
            client.connect();
            // a client may keep to itself what the server does not ask for
            assertEquals(Means.PASSWORD, identity().login().orElseThrow().means());
            client.disconnect();
        } catch (RuntimeException refused) {
            assertEquals(Optional.empty(), identity().login());
        }
        assertEquals(Optional.empty(), identity().certificate());
    }

    @Test
    void theUplinkWantsTokenAndCertificateOfTheSameGateway() throws Exception {
        Key key = enrolled();
        String blob = "/uplink/v1/blobs/" + "0".repeat(64);
        io.karu.aggregator.fleet.UplinkTokens tokens =
                new io.karu.aggregator.fleet.UplinkTokens(aggregator.database());
        String token = tokens.issue(id);
        assertEquals(404, head(Optional.empty(), blob, token));
        assertEquals(404, head(Optional.of(key), blob, token));
        Mqtt3BlockingClient client = client(id.clientId(), Optional.of(key), false);
        client.connect();
        client.disconnect();
        assertEquals(401, head(Optional.empty(), blob, token));
        GatewayId other = new GatewayId("karu", "other-" + number);
        aggregator.fleet().register(other, "", Set.of());
        assertEquals(401, head(Optional.of(key), blob, tokens.issue(other)));
        aggregator.identities().revoke(id, "stolen");
        assertEquals(401, head(Optional.of(key), blob, token));
    }

    @Test
    void enrolmentsAreInTheAuditLogWithoutTheirTokens() throws Exception {
        String token = aggregator.identities().issueToken(id, Duration.ofHours(1));
        enrol(token, request(pair(), "CN=x").getEncoded());
        String written =
                Json.write(
                        aggregator
                                .audit()
                                .list(
                                        new AuditQuery(
                                                Optional.of(id.toString()),
                                                Optional.empty(),
                                                Optional.empty(),
                                                10)));
        assertTrue(written.contains("/.well-known/est/simpleenroll"), written);
        assertFalse(written.contains(token));
    }

    private record Key(KeyPair pair, List<X509Certificate> chain) {}

    private GatewayIdentity identity() {
        return aggregator.identities().get(id);
    }

    private Key enrolled() throws Exception {
        KeyPair pair = pair();
        String token = aggregator.identities().issueToken(id, Duration.ofHours(1));
        var answer = enrol(token, request(pair, "CN=whatever").getEncoded());
        assertEquals(200, answer.statusCode(), answer.body());
        return new Key(pair, List.of(certificate(answer.body())));
    }

    private static X509Certificate certificate(String body) throws Exception {
        return CertsOnly.decode(Base64.getMimeDecoder().decode(body)).get(0);
    }

    private static HttpResponse<String> enrol(String token, byte[] request) throws Exception {
        String basic =
                Base64.getEncoder()
                        .encodeToString(("gateway:" + token).getBytes(StandardCharsets.UTF_8));
        return https(Optional.empty())
                .send(
                        to("/.well-known/est/simpleenroll")
                                .header("Authorization", "Basic " + basic)
                                .POST(base64(request))
                                .build(),
                        BodyHandlers.ofString());
    }

    private static HttpResponse<String> renew(Optional<Key> key, PKCS10CertificationRequest request)
            throws Exception {
        return https(key)
                .send(
                        to("/.well-known/est/simplereenroll")
                                .POST(base64(request.getEncoded()))
                                .build(),
                        BodyHandlers.ofString());
    }

    private static int head(Optional<Key> key, String path, String token) throws Exception {
        return https(key)
                .send(
                        to(path).header("Authorization", "Bearer " + token)
                                .method("HEAD", BodyPublishers.noBody())
                                .build(),
                        BodyHandlers.discarding())
                .statusCode();
    }

    private static HttpRequest.BodyPublisher base64(byte[] der) {
        return BodyPublishers.ofString(Base64.getMimeEncoder().encodeToString(der));
    }

    private static HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("https://localhost:" + http.port() + path))
                .header("Content-Type", "application/pkcs10");
    }

    private static String refused(HttpResponse<String> answer) {
        return Json.tree(answer.body()).path("code").asText();
    }

    private static HttpClient https(Optional<Key> key) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                key.isPresent() ? keys(key.get()).getKeyManagers() : null,
                trusted().getTrustManagers(),
                null);
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private Mqtt3BlockingClient client(String clientId, Optional<Key> key, boolean password)
            throws Exception {
        return builder(clientId, key, password).buildBlocking();
    }

    private Mqtt3ClientBuilder builder(String clientId, Optional<Key> key, boolean password)
            throws Exception {
        MqttClientSslConfig tls =
                MqttClientSslConfig.builder()
                        .trustManagerFactory(trusted())
                        .keyManagerFactory(key.isPresent() ? keys(key.get()) : null)
                        .build();
        Mqtt3ClientBuilder builder =
                MqttClient.builder()
                        .useMqttVersion3()
                        .identifier(clientId)
                        .serverHost("localhost")
                        .serverPort(tlsPort)
                        .sslConfig(tls);
        return password
                ? builder.simpleAuth()
                        .username(credentials.userName())
                        .password(credentials.password().getBytes(StandardCharsets.UTF_8))
                        .applySimpleAuth()
                : builder;
    }

    private static KeyManagerFactory keys(Key key) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "key", key.pair().getPrivate(), PASSWORD, key.chain().toArray(new Certificate[0]));
        KeyManagerFactory factory =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, PASSWORD);
        return factory;
    }

    private static TrustManagerFactory trusted() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry(
                "karu",
                Certificates.parse(Files.readAllBytes(aggregator.authority().certificate()))
                        .get(0));
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory;
    }

    private static KeyPair pair() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    private static PKCS10CertificationRequest request(KeyPair pair, String subject)
            throws Exception {
        String algorithm =
                pair.getPublic().getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        return new JcaPKCS10CertificationRequestBuilder(
                        new X500Principal(subject), pair.getPublic())
                .build(new JcaContentSignerBuilder(algorithm).build(pair.getPrivate()));
    }
}
