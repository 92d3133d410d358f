package io.karu.aggregator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.http.HttpServer;
import io.karu.aggregator.identity.Certificates;
import io.karu.aggregator.identity.GatewayCertificate.How;
import io.karu.aggregator.identity.GatewayIdentity.Means;
import io.karu.aggregator.security.Caller;
import io.karu.aggregator.security.People;
import io.karu.aggregator.security.Role;
import io.karu.ports.LoopbackPort;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Authorities that were there before Karu: a company's own, or one that speaks EST. */
class OutsideAuthorityTest {
    private static final GatewayId GATEWAY = new GatewayId("plant", "gw-1");
    private static final String SUBJECT = "CN=gw-1,O=plant";

    @TempDir Path folder;

    @Test
    void aGivenIntermediateIssuesForGatewaysAndServersAndItsSiblingsDoNotCount() throws Exception {
        Issuer root = Issuer.root("CN=Company");
        Issuer plant = root.authority("CN=Plant");
        Path keystore = plant.save(folder.resolve("plant.p12"));
        Path anchor =
                Files.writeString(
                        folder.resolve("root.pem"), Certificates.pem(root.chain().get(0)));
        try (Site site =
                Site.open(
                        folder.resolve("data"),
                        Map.of(
                                "identity.authority.keystore",
                                keystore.toString(),
                                "identity.authority.password",
                                "secret"))) {
            site.aggregator.fleet().register(GATEWAY, "", Set.of());
            ClientKey key = site.enrolled(anchor);
            List<X509Certificate> chain =
                    List.of(key.chain().get(0), plant.chain().get(0), root.chain().get(0));
            key.chain().get(0).verify(plant.pair().getPublic());
            site.connect(new ClientKey(key.pair(), chain), anchor);
            Issuer sibling = root.authority("CN=Another plant");
            KeyPair stranger = ClientKey.newPair();
            ClientKey strange = new ClientKey(stranger, sibling.leaf(SUBJECT, stranger));
            assertThrows(RuntimeException.class, () -> site.connect(strange, anchor));
            assertEquals(1, site.aggregator.identities().certificates(GATEWAY).size());
        }
    }

    @Test
    void aKeyThatIsNoAuthorityIsRefusedWithTheReason() throws Exception {
        Issuer root = Issuer.root("CN=Company");
        KeyPair pair = ClientKey.newPair();
        Path leaf = new Issuer(pair, root.leaf("CN=x", pair)).save(folder.resolve("leaf.p12"));
        Map<String, String> settings =
                Map.of(
                        "identity.authority.keystore",
                        leaf.toString(),
                        "identity.authority.password",
                        "secret");
        IOException e =
                assertThrows(IOException.class, () -> Site.open(folder.resolve("data"), settings));
        assertTrue(e.getMessage().contains("CN=x is no authority"), e::getMessage);
        Path file = root.save(folder.resolve("root.p12"));
        IOException wrong =
                assertThrows(
                        IOException.class,
                        () ->
                                Site.open(
                                        folder.resolve("other"),
                                        Map.of(
                                                "identity.authority.keystore",
                                                file.toString(),
                                                "identity.authority.password",
                                                "guessed")));
        assertTrue(wrong.getMessage().contains("root.p12 cannot be used"), wrong::getMessage);
    }

    /** The outside authority is the EST server of another Karu. */
    @Test
    void gatewaysAreEnrolledAtAnotherServerThroughEst() throws Exception {
        try (Site outside = Site.open(folder.resolve("outside"), Map.of())) {
            outside.aggregator.fleet().register(GATEWAY, "", Set.of());
            Map<String, String> settings = new TreeMap<>();
            settings.put("identity.est.url", outside.base() + "/.well-known/est");
            settings.put("identity.est.password", outside.adminToken());
            settings.put("identity.est.trusted", outside.authority().toString());
            try (Site site = Site.open(folder.resolve("site"), settings)) {
                site.aggregator.fleet().register(GATEWAY, "", Set.of());
                ClientKey key = site.enrolled(site.authority());
                X509Certificate issued = key.chain().get(0);
                X509Certificate issuer = outside.aggregator.authority().trusted().get(0);
                issued.verify(issuer.getPublicKey());
                site.connect(new ClientKey(key.pair(), List.of(issued, issuer)), site.authority());
                assertEquals(
                        Means.CERTIFICATE,
                        site.aggregator.identities().get(GATEWAY).login().orElseThrow().means());
                assertEquals(
                        How.EST,
                        outside.aggregator.identities().certificates(GATEWAY).get(0).how());

                GatewayId unknown = new GatewayId("plant", "gw-2");
                site.aggregator.fleet().register(unknown, "", Set.of());
                HttpResponse<String> refused = site.enrol(unknown, "CN=gw-2,O=plant");
                assertEquals(502, refused.statusCode(), refused::body);
                assertTrue(refused.body().contains("no gateway here is called"), refused::body);
                HttpResponse<String> other = site.enrol(unknown, SUBJECT);
                assertEquals(502, other.statusCode(), other::body);
                assertTrue(other.body().contains("must name plant/gw-2"), other::body);
            }
        }
    }

    /** An aggregator that other machines reach. */
    private record Site(Aggregator aggregator, HttpServer http, People people, int mqtt)
            implements AutoCloseable {
        static Site open(Path data, Map<String, String> settings) throws Exception {
            int mqtt = LoopbackPort.free().number();
            Map<String, String> values = new TreeMap<>(settings);
            values.put("account", "plant");
            values.put("mqtt.port", "0");
            values.put("mqtt.tls.bind", "127.0.0.1");
            values.put("mqtt.tls.port", Integer.toString(mqtt));
            values.put("mqtt.tls.host", "localhost");
            values.put("http.port", "0");
            values.put("http.tls.host", "localhost");
            Settings all = Settings.of(data, values);
            Aggregator aggregator = Aggregator.open(all, Workbench.TIMES);
            People people = new People(aggregator.database().jdbi());
            people.createFirst();
            HttpServer http =
                    HttpServer.start(
                            Main.httpSettings(all, aggregator.authority()),
                            Main.services(aggregator, people));
            aggregator.start(http.base());
            return new Site(aggregator, http, people, mqtt);
        }

        String base() {
            return "https://localhost:" + http.port();
        }

        Path authority() throws IOException {
            return aggregator.authority().certificate();
        }

        ClientKey enrolled(Path trusted) throws Exception {
            KeyPair pair = ClientKey.newPair();
            HttpResponse<String> answer = enrol(GATEWAY, SUBJECT, pair, trusted);
            assertEquals(200, answer.statusCode(), answer::body);
            return new ClientKey(pair, ClientKey.certificates(answer));
        }

        HttpResponse<String> enrol(GatewayId gateway, String subject) throws Exception {
            return enrol(gateway, subject, ClientKey.newPair(), authority());
        }

        private HttpResponse<String> enrol(
                GatewayId gateway, String subject, KeyPair pair, Path trusted) throws Exception {
            return ClientKey.enrol(
                    base(),
                    trusted,
                    aggregator.identities().issueToken(gateway, Duration.ofHours(1)),
                    ClientKey.request(pair, subject).getEncoded());
        }

        void connect(ClientKey key, Path trusted) throws Exception {
            Mqtt3BlockingClient client =
                    ClientKey.mqtt(GATEWAY.clientId(), Optional.of(key), mqtt, trusted)
                            .buildBlocking();
            Persevering.connect(client);
            client.disconnect();
        }

        String adminToken() {
            return people.tokens()
                    .issue(
                            new Caller("admin", Role.ADMIN, "test"),
                            "site",
                            Role.ADMIN,
                            Duration.ofDays(1))
                    .secret();
        }

        @Override
        public void close() {
            http.close();
            aggregator.close();
        }
    }

    /** A company's authority, made with BouncyCastle alone. */
    private record Issuer(KeyPair pair, List<X509Certificate> chain) {
        static Issuer root(String name) throws Exception {
            KeyPair pair = ClientKey.newPair();
            X500Principal principal = new X500Principal(name);
            X509v3CertificateBuilder builder = builder(principal, principal, pair);
            return new Issuer(pair, List.of(sign(authority(builder), pair)));
        }

        /** An RSA key below this one. */
        Issuer authority(String name) throws Exception {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            KeyPair own = generator.generateKeyPair();
            return new Issuer(own, below(authority(builder(name(), new X500Principal(name), own))));
        }

        List<X509Certificate> leaf(String name, KeyPair own) throws Exception {
            return below(builder(name(), new X500Principal(name), own));
        }

        private X500Principal name() {
            return chain.get(0).getSubjectX500Principal();
        }

        private List<X509Certificate> below(X509v3CertificateBuilder builder) throws Exception {
            List<X509Certificate> all = new ArrayList<>(List.of(sign(builder, pair)));
            all.addAll(chain);
            return all;
        }

        private static X509v3CertificateBuilder builder(
                X500Principal issuer, X500Principal subject, KeyPair key) {
            Instant now = Instant.now();
            return new JcaX509v3CertificateBuilder(
                    issuer,
                    BigInteger.valueOf(System.nanoTime()),
                    Date.from(now.minusSeconds(60)),
                    Date.from(now.plus(Duration.ofDays(1))),
                    subject,
                    key.getPublic());
        }

        private static X509v3CertificateBuilder authority(X509v3CertificateBuilder builder)
                throws Exception {
            return builder.addExtension(
                            Extension.basicConstraints, true, new BasicConstraints(true))
                    .addExtension(
                            Extension.keyUsage,
                            true,
                            new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        }

        private static X509Certificate sign(X509v3CertificateBuilder builder, KeyPair by)
                throws Exception {
            String algorithm =
                    by.getPublic().getAlgorithm().equals("RSA")
                            ? "SHA256withRSA"
                            : "SHA256withECDSA";
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(
                                    new JcaContentSignerBuilder(algorithm).build(by.getPrivate())));
        }

        Path save(Path file) throws Exception {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            char[] password = "secret".toCharArray();
            store.setKeyEntry(
                    "plant", pair.getPrivate(), password, chain.toArray(new Certificate[0]));
            try (OutputStream out = Files.newOutputStream(file)) {
                store.store(out, password);
            }
            return file;
        }
    }
}
