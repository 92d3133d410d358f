package io.karu.aggregator;

import static io.karu.aggregator.Workbench.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3ClientBuilder;
import io.karu.aggregator.audit.AuditQuery;
import io.karu.aggregator.fleet.GatewayCredentials;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.http.HttpServer;
import io.karu.aggregator.identity.Authority;
import io.karu.aggregator.identity.CertificateLives;
import io.karu.aggregator.identity.Csr;
import io.karu.aggregator.identity.GatewayCertificate.How;
import io.karu.aggregator.identity.GatewayIdentity;
import io.karu.aggregator.identity.GatewayIdentity.Means;
import io.karu.aggregator.identity.GatewayIdentity.State;
import io.karu.aggregator.security.People;
import io.karu.aggregator.store.Json;
import io.karu.ports.LoopbackPort;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates of gateways on the embedded broker and over HTTPS, with real TLS. */
class IdentityTest {
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
        tlsPort = LoopbackPort.free().number();
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
        ClientKey key = enrolled();
        X509Certificate certificate = key.chain().get(0);
        assertEquals(
                new X500Principal("CN=" + id.clientId() + ",O=karu"),
                certificate.getSubjectX500Principal());
        assertEquals(List.of("1.3.6.1.5.5.7.3.2"), certificate.getExtendedKeyUsage());
        assertEquals(-1, certificate.getBasicConstraints());
        Mqtt3BlockingClient client = client(id.clientId(), Optional.of(key), false);
        Persevering.connect(client);
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
        KeyPair pair = ClientKey.newPair();
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
        ClientKey key = enrolled();
        KeyPair next = ClientKey.newPair();
        String own = "CN=" + id.clientId() + ",O=karu";
        var renewed = renew(Optional.of(key), request(next, own));
        assertEquals(200, renewed.statusCode(), renewed.body());
        X509Certificate fresh = ClientKey.certificates(renewed).get(0);
        assertEquals(next.getPublic(), fresh.getPublicKey());
        assertNotEquals(key.chain().get(0), fresh);
        Mqtt3BlockingClient client =
                client(id.clientId(), Optional.of(new ClientKey(next, List.of(fresh))), false);
        Persevering.connect(client);
        client.disconnect();
        assertEquals(
                "CSR_INVALID",
                refused(renew(Optional.of(key), request(next, "CN=another,O=karu"))));
        assertEquals("NOT_LOGGED_IN", refused(renew(Optional.empty(), request(next, own))));
    }

    @Test
    void aRevocationCutsTheLiveConnectionAndNothingOfTheGatewayLetsInUntilItIsReadmitted()
            throws Exception {
        ClientKey key = enrolled();
        AtomicBoolean cut = new AtomicBoolean();
        Mqtt3BlockingClient live =
                builder(id.clientId(), Optional.of(key), false)
                        .addDisconnectedListener(context -> cut.set(true))
                        .buildBlocking();
        Persevering.connect(live);
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
                                request(ClientKey.newPair(), "CN=" + id.clientId() + ",O=karu"))));
        var e =
                assertThrows(
                        AggregatorException.class, () -> aggregator.enrolments().begin(id, false));
        assertEquals(AggregatorException.Code.IDENTITY_STATE, e.code());
        aggregator.identities().readmit(id);
        Persevering.connect(password);
        password.disconnect();
        assertThrows(RuntimeException.class, live::connect);
        ClientKey anew = enrolled();
        Mqtt3BlockingClient back = client(id.clientId(), Optional.of(anew), false);
        Persevering.connect(back);
        back.disconnect();
    }

    @Test
    void certificatesOfAConfiguredAuthorityCountAndCanBeRevokedHereToo() throws Exception {
        KeyPair pair = ClientKey.newPair();
        List<X509Certificate> chain =
                foreign.issue(Csr.parse(request(pair, "CN=x").getEncoded()), id);
        Mqtt3BlockingClient client =
                client(id.clientId(), Optional.of(new ClientKey(pair, chain)), false);
        Persevering.connect(client);
        assertEquals(How.FOREIGN, identity().certificate().orElseThrow().how());
        client.disconnect();
        GatewayId nobody = new GatewayId("karu", "not-registered");
        List<X509Certificate> strange =
                foreign.issue(Csr.parse(request(pair, "CN=x").getEncoded()), nobody);
        var unknown = client(nobody.clientId(), Optional.of(new ClientKey(pair, strange)), false);
        assertThrows(RuntimeException.class, unknown::connect);
        aggregator.identities().revoke(id, "retired");
        assertThrows(RuntimeException.class, client::connect);
        KeyPair other = ClientKey.newPair();
        List<X509Certificate> later =
                foreign.issue(Csr.parse(request(other, "CN=x").getEncoded()), id);
        var afterwards = client(id.clientId(), Optional.of(new ClientKey(other, later)), false);
        assertThrows(RuntimeException.class, afterwards::connect);
    }

    @Test
    void aConnectionIsCutWhenItsCertificateExpires() throws Exception {
        Mqtt3BlockingClient live = connectedBriefly();
        await("the connection is cut", Workbench.PATIENCE, () -> !live.getState().isConnected());
        assertEquals(State.EXPIRED, identity().state());
        assertThrows(RuntimeException.class, live::connect);
    }

    /** With a certificate that lasts just long enough to connect on this machine, now. */
    private Mqtt3BlockingClient connectedBriefly() throws Exception {
        for (Duration life = Duration.ofSeconds(4); ; life = life.multipliedBy(2)) {
            CertificateLives lives = new CertificateLives(life, Duration.ofDays(1), 1.0 / 3);
            Authority brief = new Authority(folder.resolve("foreign"), lives, Optional.empty());
            KeyPair pair = ClientKey.newPair();
            List<X509Certificate> chain =
                    brief.issue(Csr.parse(request(pair, "CN=x").getEncoded()), id);
            Mqtt3BlockingClient client =
                    client(id.clientId(), Optional.of(new ClientKey(pair, chain)), false);
            try {
                client.connect();
                return client;
            } catch (RuntimeException expired) {
                assertTrue(life.compareTo(Workbench.PATIENCE) < 0, expired::toString);
            }
        }
    }

    @Test
    void theSignedListOfRevokedCertificatesIsPublishedAndOutlivesTheGateway() throws Exception {
        ClientKey first = enrolled();
        X509Certificate revoked = first.chain().get(0);
        assertNull(revocations().getRevokedCertificate(revoked));
        aggregator.identities().revoke(id, "stolen");
        assertNotNull(revocations().getRevokedCertificate(revoked));
        register();
        ClientKey second = enrolled();
        AtomicBoolean cut = new AtomicBoolean();
        Persevering.connect(
                builder(id.clientId(), Optional.of(second), false)
                        .addDisconnectedListener(context -> cut.set(true))
                        .buildBlocking());
        aggregator.fleet().remove(id);
        await("the connection of a removed gateway is cut", cut::get);
        X509CRL list = revocations();
        assertNotNull(list.getRevokedCertificate(second.chain().get(0)));
        assertNotNull(list.getRevokedCertificate(revoked));
        assertTrue(list.getNextUpdate().toInstant().isAfter(Instant.now()));
    }

    /** As a broker reads it: DER, signed by the authority. */
    private static X509CRL revocations() throws Exception {
        HttpResponse<byte[]> answer =
                ClientKey.https(Optional.empty(), authority())
                        .send(to("/authority.crl").GET().build(), BodyHandlers.ofByteArray());
        String type = answer.headers().firstValue("Content-Type").orElseThrow();
        assertTrue(type.startsWith("application/pkix-crl"), type);
        X509CRL list =
                (X509CRL)
                        CertificateFactory.getInstance("X.509")
                                .generateCRL(new ByteArrayInputStream(answer.body()));
        list.verify(aggregator.authority().trusted().get(0).getPublicKey());
        return list;
    }

    @Test
    void aCertificateOfNobodysAuthorityDoesNotPassTheHandshake() throws Exception {
        Authority unknown = new Authority(folder.resolve("unknown"));
        KeyPair pair = ClientKey.newPair();
        List<X509Certificate> chain =
                unknown.issue(Csr.parse(request(pair, "CN=x").getEncoded()), id);
        var client = client(id.clientId(), Optional.of(new ClientKey(pair, chain)), true);
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
        ClientKey key = enrolled();
        String blob = "/uplink/v1/blobs/" + "0".repeat(64);
        io.karu.aggregator.fleet.UplinkTokens tokens =
                new io.karu.aggregator.fleet.UplinkTokens(aggregator.database());
        String token = tokens.issue(id);
        assertEquals(404, head(Optional.empty(), blob, token));
        assertEquals(404, head(Optional.of(key), blob, token));
        Mqtt3BlockingClient client = client(id.clientId(), Optional.of(key), false);
        Persevering.connect(client);
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
        enrol(token, request(ClientKey.newPair(), "CN=x").getEncoded());
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

    private GatewayIdentity identity() {
        return aggregator.identities().get(id);
    }

    private ClientKey enrolled() throws Exception {
        KeyPair pair = ClientKey.newPair();
        String token = aggregator.identities().issueToken(id, Duration.ofHours(1));
        var answer = enrol(token, request(pair, "CN=whatever").getEncoded());
        assertEquals(200, answer.statusCode(), answer.body());
        return new ClientKey(pair, ClientKey.certificates(answer));
    }

    private static HttpResponse<String> enrol(String token, byte[] request) throws Exception {
        return ClientKey.enrol(base(), authority(), token, request);
    }

    private static HttpResponse<String> renew(
            Optional<ClientKey> key, PKCS10CertificationRequest request) throws Exception {
        return ClientKey.https(key, authority())
                .send(
                        to("/.well-known/est/simplereenroll")
                                .POST(ClientKey.base64(request.getEncoded()))
                                .build(),
                        BodyHandlers.ofString());
    }

    private static int head(Optional<ClientKey> key, String path, String token) throws Exception {
        return ClientKey.https(key, authority())
                .send(
                        to(path).header("Authorization", "Bearer " + token)
                                .method("HEAD", BodyPublishers.noBody())
                                .build(),
                        BodyHandlers.discarding())
                .statusCode();
    }

    private static HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(base() + path))
                .header("Content-Type", "application/pkcs10");
    }

    private static String base() {
        return "https://localhost:" + http.port();
    }

    private static Path authority() throws IOException {
        return aggregator.authority().certificate();
    }

    private static String refused(HttpResponse<String> answer) {
        return Json.tree(answer.body()).path("code").asText();
    }

    private Mqtt3BlockingClient client(String clientId, Optional<ClientKey> key, boolean password)
            throws Exception {
        return builder(clientId, key, password).buildBlocking();
    }

    private Mqtt3ClientBuilder builder(String clientId, Optional<ClientKey> key, boolean password)
            throws Exception {
        Mqtt3ClientBuilder builder = ClientKey.mqtt(clientId, key, tlsPort, authority());
        return password
                ? builder.simpleAuth()
                        .username(credentials.userName())
                        .password(credentials.password().getBytes(StandardCharsets.UTF_8))
                        .applySimpleAuth()
                : builder;
    }

    private static PKCS10CertificationRequest request(KeyPair pair, String subject)
            throws Exception {
        return ClientKey.request(pair, subject);
    }
}
