package io.karu.aggregator;

import static io.karu.aggregator.Workbench.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.Certificates;
import io.karu.aggregator.identity.GatewayCertificate;
import io.karu.aggregator.identity.GatewayIdentity;
import io.karu.aggregator.identity.GatewayIdentity.Enrolment.Status;
import io.karu.aggregator.store.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway's certificate is renewed through KEYS-V1 when it is due, and nobody asks for it. */
class KeysRenewalTest {
    @TempDir Path folder;

    @Test
    void aCertificateThatIsDueIsRenewedByItselfWithTheSameKey() throws Exception {
        try (Workbench bench = new Workbench(folder)) {
            Settings settings =
                    bench.settings(
                            bench.newName(),
                            Map.of(
                                    "identity.days", "1",
                                    "identity.renew.left", "0.99995",
                                    "identity.retry.seconds", "1"));
            try (Aggregator aggregator = Aggregator.open(settings, Workbench.TIMES);
                    FakeGateway gateway = bench.gateway("gw-keys")) {
                aggregator.start("http://127.0.0.1:1");
                KeyStores stores = new KeyStores(gateway);
                gateway.applications("KEYS-V1,KEYS-V2,CONF-V2");
                bench.connect(gateway);
                GatewayId id = gateway.id();
                await(
                        "the gateway is online",
                        Workbench.PATIENCE,
                        () -> aggregator.fleet().find(id).filter(Gateway::online).isPresent());
                aggregator.enrolments().begin(id, false);
                await(
                        "it is enrolled",
                        Workbench.PATIENCE,
                        () -> identity(aggregator, id).enrolment().status() == Status.DONE);
                X509Certificate first = stores.certificate();
                await(
                        "it has another certificate",
                        Workbench.PATIENCE,
                        () -> !stores.certificate().equals(first));
                X509Certificate second = stores.certificate();
                assertEquals(first.getPublicKey(), second.getPublicKey());
                assertNotEquals(first.getSerialNumber(), second.getSerialNumber());
                List<String> known =
                        aggregator.identities().certificates(id).stream()
                                .map(GatewayCertificate::fingerprint)
                                .toList();
                assertTrue(known.contains(Certificates.fingerprint(first)), known::toString);
                assertTrue(known.contains(Certificates.fingerprint(second)), known::toString);
                assertEquals(List.of("karu-authority"), List.copyOf(stores.trusted.keySet()));
            }
        }
    }

    private static GatewayIdentity identity(Aggregator aggregator, GatewayId id) {
        return aggregator.identities().get(id);
    }

    /** Kura's key stores as KEYS-V1 and KEYS-V2 show them. */
    private static final class KeyStores {
        private final Map<String, KeyPair> keys = new ConcurrentHashMap<>();
        private final Map<String, String> trusted = new ConcurrentHashMap<>();
        private volatile List<String> chain = List.of();

        KeyStores(FakeGateway gateway) {
            gateway.answer("KEYS-V1 GET/keystores/entries", body -> Optional.of(entries()));
            gateway.answer(
                    "KEYS-V1 POST/keystores/entries/certificate",
                    body -> {
                        trusted.put(alias(body), body.path("certificate").asText());
                        return Optional.of("{}");
                    });
            gateway.answer(
                    "KEYS-V1 POST/keystores/entries/keypair",
                    body -> {
                        keys.put(alias(body), ClientKey.newPair());
                        return Optional.of("{}");
                    });
            gateway.answer(
                    "KEYS-V1 POST/keystores/entries/csr",
                    body -> Optional.of(Json.write(request(body))));
            gateway.answer(
                    "KEYS-V2 POST/keystores/entries/privatekey",
                    body -> {
                        List<String> told = new ArrayList<>();
                        body.path("certificateChain").forEach(one -> told.add(one.asText()));
                        chain = List.copyOf(told);
                        return Optional.of("{}");
                    });
        }

        private String entries() {
            List<Object> entries = new ArrayList<>();
            trusted.forEach(
                    (alias, pem) ->
                            entries.add(
                                    Map.of(
                                            "alias", alias,
                                            "type", "TRUSTED_CERTIFICATE",
                                            "certificate", pem)));
            keys.keySet()
                    .forEach(
                            alias ->
                                    entries.add(
                                            Map.of(
                                                    "alias", alias,
                                                    "type", "PRIVATE_KEY",
                                                    "certificateChain", chain)));
            return Json.write(entries);
        }

        private String request(JsonNode body) throws Exception {
            byte[] der =
                    ClientKey.request(keys.get(alias(body)), body.path("attributes").asText())
                            .getEncoded();
            return "-----BEGIN CERTIFICATE REQUEST-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                    + "\n-----END CERTIFICATE REQUEST-----\n";
        }

        X509Certificate certificate() {
            try {
                return Certificates.parse(String.join("\n", chain).getBytes(StandardCharsets.UTF_8))
                        .get(0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static String alias(JsonNode body) {
            return body.path("alias").asText();
        }
    }
}
