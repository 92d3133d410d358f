package io.karu.aggregator.identity;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.configuration.ComponentClient;
import io.karu.aggregator.configuration.ComponentConfiguration;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.GatewayCertificate.How;
import io.karu.aggregator.mqtt.Requester;
import io.karu.aggregator.mqtt.Requester.Reply;
import io.karu.aggregator.mqtt.Requester.Request;
import io.karu.aggregator.store.Json;
import io.karu.kura.Method;
import io.karu.kura.Payload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/**
 * One pass over a gateway's key store through Kura's own applications: KEYS-V1 makes the key pair
 * and the request and takes the authority; the signed chain goes through KEYS-V2, since KEYS-V1 can
 * only store certificates to trust. Every write makes Kura connect anew, so each pass looks at what
 * is there and does what is missing; the private key never leaves the gateway.
 */
final class KeysEnrolment {
    private static final String TRANSPORT =
            "org.eclipse.kura.core.data.transport.mqtt.MqttDataTransport";
    private static final String SSL_MANAGER = "org.eclipse.kura.ssl.SslManagerService";
    private static final String DEFAULT_KEYSTORE = "SSLKeystore";
    private static final String AUTHORITY_ALIAS = "karu-authority";

    /** Lower case, since Java's key stores forget the case. */
    private static final Pattern OWN_KEY = Pattern.compile("karu-key-[0-9]+");

    private static final Pattern PID_OF_TARGET =
            Pattern.compile("\\(\\s*kura\\.service\\.pid\\s*=\\s*([^)]+?)\\s*\\)");

    private final GatewayIdentities identities;
    private final Requester requester;
    private final ComponentClient components;
    private final Duration timeout;

    KeysEnrolment(
            GatewayIdentities identities,
            Requester requester,
            ComponentClient components,
            Duration timeout) {
        this.identities = identities;
        this.requester = requester;
        this.components = components;
        this.timeout = timeout;
    }

    /** What a gateway's TLS reads. */
    private record Stores(String keys, String trusted) {}

    private record Entry(String alias, boolean privateKey, List<X509Certificate> chain) {}

    /**
     * Does what is missing.
     *
     * @param begun certificates from before do not count
     * @param newKey whether the key is to be a new one as well
     * @throws AggregatorException when the gateway does not answer, or refuses
     */
    void advance(GatewayId gateway, Instant begun, boolean newKey) throws IOException {
        Stores stores = stores(gateway);
        trustAuthority(gateway, stores.trusted());
        List<Entry> keys =
                entries(gateway, stores.keys()).stream()
                        .filter(Entry::privateKey)
                        .filter(entry -> OWN_KEY.matcher(entry.alias()).matches())
                        .toList();
        Optional<Entry> enrolled =
                keys.stream().filter(entry -> certifiedSince(entry, begun)).findFirst();
        if (enrolled.isEmpty()) {
            Entry key = usable(gateway, stores.keys(), keys, begun, newKey);
            certify(gateway, stores.keys(), key.alias());
            enrolled = Optional.of(key);
        }
        for (Entry old : keys) {
            if (!old.alias().equals(enrolled.get().alias())) {
                ask(
                        gateway,
                        "KEYS-V1",
                        Method.DEL,
                        "keystores/entries",
                        entry(stores.keys(), old.alias()));
            }
        }
    }

    private Entry usable(
            GatewayId gateway, String store, List<Entry> keys, Instant begun, boolean newKey) {
        Optional<Entry> present =
                keys.stream()
                        .filter(
                                entry ->
                                        !newKey
                                                || Long.parseLong(
                                                                entry.alias()
                                                                        .substring(
                                                                                "karu-key-"
                                                                                        .length()))
                                                        >= begun.getEpochSecond())
                        .findFirst();
        return present.orElseGet(() -> newKeyPair(gateway, store));
    }

    private Entry newKeyPair(GatewayId gateway, String store) {
        String alias = "karu-key-" + Instant.now().getEpochSecond();
        ask(
                gateway,
                "KEYS-V1",
                Method.POST,
                "keystores/entries/keypair",
                Map.of(
                        "keystoreServicePid",
                        store,
                        "alias",
                        alias,
                        "algorithm",
                        "EC",
                        "size",
                        256,
                        "signatureAlgorithm",
                        "SHA256withECDSA",
                        "attributes",
                        subject(gateway)));
        return new Entry(alias, true, List.of());
    }

    private void certify(GatewayId gateway, String store, String alias) {
        Reply reply =
                ask(
                        gateway,
                        "KEYS-V1",
                        Method.POST,
                        "keystores/entries/csr",
                        Map.of(
                                "keystoreServicePid",
                                store,
                                "alias",
                                alias,
                                "signatureAlgorithm",
                                "SHA256withECDSA",
                                "attributes",
                                subject(gateway)));
        PKCS10CertificationRequest request = Csr.parse(Json.tree(reply.body()).asText());
        List<String> chain =
                identities.issue(request, gateway, How.KEYS).stream()
                        .map(Certificates::pem)
                        .toList();
        ask(
                gateway,
                "KEYS-V2",
                Method.POST,
                "keystores/entries/privatekey",
                Map.of("keystoreServicePid", store, "alias", alias, "certificateChain", chain));
    }

    private void trustAuthority(GatewayId gateway, String store) throws IOException {
        List<X509Certificate> trusted =
                entries(gateway, store).stream()
                        .filter(entry -> !entry.privateKey())
                        .flatMap(entry -> entry.chain().stream())
                        .toList();
        int number = 0;
        for (X509Certificate certificate : identities.anchors()) {
            if (!trusted.contains(certificate)) {
                ask(
                        gateway,
                        "KEYS-V1",
                        Method.POST,
                        "keystores/entries/certificate",
                        Map.of(
                                "keystoreServicePid",
                                store,
                                "alias",
                                AUTHORITY_ALIAS + (number == 0 ? "" : "-" + number),
                                "certificate",
                                Certificates.pem(certificate)));
            }
            number++;
        }
    }

    private boolean certifiedSince(Entry entry, Instant begun) {
        return !entry.chain().isEmpty()
                && identities
                        .store()
                        .certificate(Certificates.fingerprint(entry.chain().get(0)))
                        .filter(known -> !known.revoked() && !known.knownSince().isBefore(begun))
                        .isPresent();
    }

    /** The key stores of the TLS that the MQTT transport uses, as configured. */
    private Stores stores(GatewayId gateway) {
        String manager = target(gateway, TRANSPORT, "SslManagerService.target").orElse(SSL_MANAGER);
        String keys = target(gateway, manager, "KeystoreService.target").orElse(DEFAULT_KEYSTORE);
        return new Stores(
                keys, target(gateway, manager, "TruststoreKeystoreService.target").orElse(keys));
    }

    private Optional<String> target(GatewayId gateway, String pid, String property) {
        return components.read(gateway, List.of(pid)).stream()
                .map(ComponentConfiguration::properties)
                .filter(properties -> properties.containsKey(property))
                .map(properties -> PID_OF_TARGET.matcher(properties.get(property).value().asText()))
                .filter(Matcher::find)
                .map(found -> found.group(1))
                .filter(found -> !found.equals("changeme"))
                .findFirst();
    }

    private List<Entry> entries(GatewayId gateway, String store) {
        Reply reply =
                ask(
                        gateway,
                        "KEYS-V1",
                        Method.GET,
                        "keystores/entries",
                        Map.of("keystoreServicePid", store));
        List<Entry> entries = new ArrayList<>();
        for (JsonNode entry : Json.tree(reply.body())) {
            boolean key = entry.path("type").asText().equals("PRIVATE_KEY");
            StringBuilder pem = new StringBuilder(entry.path("certificate").asText(""));
            entry.path("certificateChain").forEach(one -> pem.append(one.asText()).append('\n'));
            try {
                entries.add(
                        new Entry(
                                entry.path("alias").asText(),
                                key,
                                Certificates.parse(pem.toString())));
            } catch (IOException e) {
                throw new AggregatorException(
                        Code.GATEWAY_REFUSED,
                        gateway
                                + " has in "
                                + store
                                + " an entry that cannot be read: "
                                + entry.path("alias").asText(),
                        e);
            }
        }
        return entries;
    }

    private static Map<String, Object> entry(String store, String alias) {
        return Map.of("keystoreServicePid", store, "alias", alias);
    }

    private static String subject(GatewayId gateway) {
        return "CN=" + gateway.clientId() + ",O=" + gateway.account();
    }

    private Reply ask(
            GatewayId gateway, String application, Method method, String resource, Object body) {
        return requester.ask(
                new Request(
                        gateway,
                        application,
                        method,
                        resource,
                        Payload.builder()
                                .body(Json.write(body).getBytes(StandardCharsets.UTF_8))
                                .build(),
                        timeout));
    }
}
