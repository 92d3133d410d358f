package io.karu.aggregator;

import io.karu.aggregator.blob.BlobLimits;
import io.karu.aggregator.blob.S3Settings;
import io.karu.aggregator.deployment.DeploymentTimes;
import io.karu.aggregator.identity.IdentitySettings;
import io.karu.aggregator.mqtt.BrokerSettings;
import io.karu.aggregator.mqtt.MqttServer;
import io.karu.aggregator.security.OidcSettings;
import io.karu.aggregator.security.Pkcs11;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.DatabaseAddress;
import io.karu.kura.deployment.BundleSigner;
import java.io.IOException;
import java.io.Reader;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How an aggregator runs (docs/settings.md). Values come, the later over the earlier, from {@code
 * karu.properties} in the data directory, from the environment ({@code http.port} as {@code
 * KARU_HTTP_PORT}), and from the command line.
 */
public final class Settings {
    private static final Set<String> KEYS =
            Set.of(
                    "account",
                    "requester.id",
                    "control.prefix",
                    "database.url",
                    "database.user",
                    "database.password",
                    "keys.bundles.keystore",
                    "keys.bundles.password",
                    "keys.pkcs11.library",
                    "keys.pkcs11.slot",
                    "keys.pkcs11.pin.file",
                    "mqtt.port",
                    "mqtt.advertised",
                    "mqtt.tls.bind",
                    "mqtt.tls.port",
                    "mqtt.tls.host",
                    "mqtt.broker.url",
                    "mqtt.broker.user",
                    "mqtt.broker.password",
                    "mqtt.broker.authority",
                    "mqtt.broker.files",
                    "mqtt.shared.group",
                    "oidc.issuer",
                    "oidc.client.id",
                    "oidc.client.secret",
                    "oidc.audience",
                    "oidc.role.claim",
                    "oidc.role.prefix",
                    "http.host",
                    "http.port",
                    "http.tls.host",
                    "http.advertised",
                    "fleet.read.seconds",
                    "requests.after.birth.millis",
                    "deployment.verification.seconds",
                    "deployment.health.seconds",
                    "deployment.silence.seconds",
                    "deployment.starting.seconds",
                    "deployment.chunks.bytes",
                    "retention.verdicts.days",
                    "retention.verdicts.count",
                    "retention.blobs.days",
                    "retention.blobs.bytes",
                    "blobs.gateway.bytes",
                    "traces.otlp.endpoint",
                    "s3.endpoint",
                    "s3.region",
                    "s3.bucket",
                    "s3.prefix",
                    "s3.access.key",
                    "s3.secret.key",
                    "rollouts.approval");

    /** Each may be given as {@code KEY.file}: the name of a file that holds the value. */
    private static final Set<String> SECRETS =
            Set.of(
                    "database.password",
                    "keys.bundles.password",
                    "mqtt.broker.password",
                    "oidc.client.secret",
                    "s3.access.key",
                    "s3.secret.key");

    private final Path data;
    private final Map<String, String> values;

    private Settings(Path data, Map<String, String> values) {
        this.data = Objects.requireNonNull(data, "data");
        this.values = withSecrets(values);
        Set<String> unknown = new TreeSet<>(values.keySet());
        unknown.removeAll(keys());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    "unknown settings " + unknown + "; known are " + keys());
        }
    }

    /** Every key, as docs/settings.md lists them. */
    static Set<String> keys() {
        Set<String> keys = new TreeSet<>(KEYS);
        keys.addAll(IdentityKeys.ALL);
        secrets().forEach(key -> keys.add(key + ".file"));
        return keys;
    }

    private static Set<String> secrets() {
        Set<String> secrets = new TreeSet<>(SECRETS);
        secrets.addAll(IdentityKeys.SECRETS);
        return secrets;
    }

    private static Map<String, String> withSecrets(Map<String, String> values) {
        Map<String, String> all = new TreeMap<>(values);
        for (String key : secrets()) {
            String file = values.get(key + ".file");
            if (file == null || file.isBlank()) {
                continue;
            }
            if (values.containsKey(key)) {
                throw new IllegalArgumentException(
                        "both " + key + " and " + key + ".file are set; leave one out");
            }
            try {
                all.put(key, Files.readString(Path.of(file)).strip());
            } catch (IOException e) {
                throw new IllegalArgumentException(
                        "setting " + key + ".file: " + file + " cannot be read", e);
            }
        }
        return Map.copyOf(all);
    }

    /** These values and defaults for the others. */
    public static Settings of(Path data, Map<String, String> values) {
        return new Settings(data, values);
    }

    /** As {@link #of} with {@code karu.properties} and the environment beneath. */
    public static Settings load(
            Path data, Map<String, String> environment, Map<String, String> given)
            throws IOException {
        Map<String, String> all = new TreeMap<>();
        Path file = data.resolve("karu.properties");
        if (Files.exists(file)) {
            Properties properties = new Properties();
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            }
            properties
                    .stringPropertyNames()
                    .forEach(key -> all.put(key, properties.getProperty(key).trim()));
        }
        for (String key : keys()) {
            String value =
                    environment.get("KARU_" + key.toUpperCase(Locale.ROOT).replace('.', '_'));
            if (value != null) {
                all.put(key, value);
            }
        }
        all.putAll(given);
        return new Settings(data, all);
    }

    /** Where everything is kept. */
    public Path data() {
        return data;
    }

    /** Account of gateways that are registered without one. */
    public String account() {
        return text("account").orElse("karu");
    }

    /** The aggregator's MQTT client id and {@code requester.client.id}. */
    public String requesterId() {
        return text("requester.id").orElse("karu-aggregator");
    }

    public String controlPrefix() {
        return text("control.prefix").orElse("$EDC");
    }

    public DatabaseAddress database() {
        Path folder = data.resolve("database");
        return new DatabaseAddress(
                text("database.url").orElseGet(() -> Database.h2Url(folder)),
                text("database.user").orElse(""),
                text("database.password").orElse(""));
    }

    /** The PKCS #11 token with the keys that sign models; absent: a file in the data directory. */
    public Optional<Pkcs11> keysInToken() {
        return text("keys.pkcs11.library")
                .map(
                        library ->
                                new Pkcs11(
                                        Path.of(library),
                                        text("keys.pkcs11.slot")
                                                .map(slot -> number("keys.pkcs11.slot", 0)),
                                        Path.of(
                                                text("keys.pkcs11.pin.file")
                                                        .orElseThrow(
                                                                () ->
                                                                        new IllegalArgumentException(
                                                                                "keys.pkcs11.library needs keys.pkcs11.pin.file: a file with the token's user PIN")))));
    }

    /**
     * Signs model bundles as jars; absent: they are not.
     *
     * @throws IOException when the keystore cannot be used with its password
     */
    public Optional<BundleSigner> bundleSigner() throws IOException {
        Optional<String> keystore = text("keys.bundles.keystore");
        if (keystore.isEmpty()) {
            return Optional.empty();
        }
        String password =
                text("keys.bundles.password")
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "keys.bundles.keystore needs keys.bundles.password or keys.bundles.password.file"));
        return Optional.of(BundleSigner.open(Path.of(keystore.get()), password.toCharArray()));
    }

    /** An existing broker instead of the embedded one. */
    public Optional<MqttServer> externalBroker() {
        return text("mqtt.broker.url")
                .map(
                        url ->
                                new MqttServer(
                                        URI.create(url),
                                        text("mqtt.broker.user").orElse(""),
                                        text("mqtt.broker.password").orElse(""),
                                        text("mqtt.broker.authority").map(Path::of)));
    }

    /** Folder in which Mosquitto's password and ACL files are kept as the fleet is. */
    public Optional<Path> brokerFiles() {
        return text("mqtt.broker.files").map(Path::of);
    }

    public BrokerSettings embeddedBroker() {
        Optional<BrokerSettings.TlsListener> tls =
                text("mqtt.tls.bind")
                        .map(
                                bind ->
                                        new BrokerSettings.TlsListener(
                                                address(bind),
                                                (int) number("mqtt.tls.port", 8883),
                                                text("mqtt.tls.host").orElse(bind)));
        return new BrokerSettings((int) number("mqtt.port", 1883), tls);
    }

    /** Whose certificates let gateways in. */
    public IdentitySettings identity() throws IOException {
        return IdentityKeys.read(this);
    }

    /** An identity provider whose people may log in. */
    public Optional<OidcSettings> oidc() {
        return text("oidc.issuer")
                .map(
                        issuer -> {
                            String client = text("oidc.client.id").orElse("karu");
                            return new OidcSettings(
                                    URI.create(issuer),
                                    client,
                                    text("oidc.client.secret"),
                                    text("oidc.audience").orElse(client),
                                    text("oidc.role.claim").orElse("roles"),
                                    text("oidc.role.prefix").orElse("karu-"));
                        });
    }

    /** The broker's address as told to gateways; absent: as it listens. */
    public Optional<String> advertisedBroker() {
        return text("mqtt.advertised");
    }

    public Optional<String> sharedGroup() {
        Optional<String> group = text("mqtt.shared.group");
        if (group.isPresent() && text("mqtt.broker.url").isEmpty()) {
            throw new IllegalArgumentException(
                    "mqtt.shared.group is for several aggregators on one broker: set mqtt.broker.url too");
        }
        return group;
    }

    public String httpHost() {
        return text("http.host").orElse("127.0.0.1");
    }

    public int httpPort() {
        return (int) number("http.port", 8480);
    }

    /** Name on the certificate of HTTPS; absent: plain HTTP, on loopback only. */
    public Optional<String> httpTlsHost() {
        return text("http.tls.host");
    }

    /** The HTTP address as told to gateways; absent: as it listens. */
    public Optional<String> advertisedHttp() {
        return text("http.advertised");
    }

    /** Between two readings of each gateway's inventory and health. */
    public Duration fleetReading() {
        return Duration.ofSeconds(number("fleet.read.seconds", 30));
    }

    /** How long a request is held back after a BIRTH. */
    public Duration afterBirth() {
        return Duration.ofMillis(number("requests.after.birth.millis", 2000));
    }

    public DeploymentTimes deployment() {
        DeploymentTimes d = DeploymentTimes.DEFAULT;
        return new DeploymentTimes(
                d.request(),
                d.activation(),
                d.poll(),
                Duration.ofSeconds(number("deployment.silence.seconds", d.silence().toSeconds())),
                d.applications(),
                Duration.ofSeconds(
                        number("deployment.verification.seconds", d.verification().toSeconds())),
                Duration.ofSeconds(number("deployment.health.seconds", d.health().toSeconds())),
                d.absence(),
                d.queued(),
                d.token(),
                Duration.ofSeconds(number("deployment.starting.seconds", d.starting().toSeconds())),
                d.repairPause());
    }

    /** A collector of traces; absent: nothing is traced. */
    public Optional<URI> traces() {
        return text("traces.otlp.endpoint").map(URI::create);
    }

    /** An S3 server for images, packages and pictures of reports; absent: the data directory. */
    public Optional<S3Settings> s3() {
        return text("s3.endpoint")
                .map(
                        endpoint ->
                                new S3Settings(
                                        URI.create(endpoint),
                                        text("s3.region").orElse("us-east-1"),
                                        text("s3.bucket").orElse("karu"),
                                        text("s3.prefix").orElse(""),
                                        text("s3.access.key").orElse(""),
                                        text("s3.secret.key").orElse("")));
    }

    /** From how many bytes on a package travels in chunks. */
    public long chunkedFrom() {
        return number("deployment.chunks.bytes", 8 << 20);
    }

    public BlobLimits blobLimits() {
        BlobLimits d = BlobLimits.DEFAULT;
        return new BlobLimits(
                d.blobBytes(), number("blobs.gateway.bytes", d.gatewayBytes()), d.period());
    }

    public Duration verdictAge() {
        return Duration.ofDays(number("retention.verdicts.days", 90));
    }

    public long verdictCount() {
        return number("retention.verdicts.count", 5_000_000);
    }

    public Duration blobAge() {
        return Duration.ofDays(number("retention.blobs.days", 30));
    }

    public long blobBytes() {
        return number("retention.blobs.bytes", 20L << 30);
    }

    /** Whether every rollout needs the approval of a person who did not create it. */
    public boolean rolloutsNeedSecondPerson() {
        String approval = text("rollouts.approval").orElse("none");
        if (!approval.equals("none") && !approval.equals("second-person")) {
            throw new IllegalArgumentException(
                    "setting rollouts.approval is \"" + approval + "\": use none or second-person");
        }
        return approval.equals("second-person");
    }

    Optional<String> text(String key) {
        return Optional.ofNullable(values.get(key)).filter(value -> !value.isBlank());
    }

    long number(String key, long otherwise) {
        Optional<String> value = text(key);
        try {
            return value.map(Long::parseLong).orElse(otherwise);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "setting " + key + " is \"" + value.get() + "\": a whole number is needed");
        }
    }

    double decimal(String key, double otherwise) {
        Optional<String> value = text(key);
        try {
            return value.map(Double::parseDouble).orElse(otherwise);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "setting " + key + " is \"" + value.get() + "\": a number is needed, as 0.5");
        }
    }

    private static InetAddress address(String bind) {
        try {
            return InetAddress.getByName(bind);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(
                    "setting mqtt.tls.bind is \"" + bind + "\": no address of this machine", e);
        }
    }
}
