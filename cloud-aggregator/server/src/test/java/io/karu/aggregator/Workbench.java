package io.karu.aggregator;

import io.karu.aggregator.deployment.DeploymentTimes;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.deployment.StoredPackage;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.Authority;
import io.karu.aggregator.mqtt.BrokerSettings;
import io.karu.aggregator.mqtt.EmbeddedBroker;
import io.karu.aggregator.mqtt.GatewayDirectory;
import io.karu.kura.deployment.Bundle;
import io.karu.kura.deployment.DeploymentPackage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.osgi.framework.Version;

/** A broker that outlives aggregators, as an external one does, and what tests need around it. */
final class Workbench implements AutoCloseable {
    static final String PASSWORD = "fake";
    static final Duration DEADLINE = Duration.ofSeconds(120);

    /** For what processes of their own do on a busy machine. */
    static final Duration PATIENCE = Duration.ofMinutes(5);

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final EmbeddedBroker broker;
    private final Path folder;

    Workbench(Path folder) throws IOException {
        this.folder = folder;
        this.broker =
                EmbeddedBroker.start(
                        folder.resolve("broker"),
                        new BrokerSettings(0, Optional.empty()),
                        new Authority(folder.resolve("authority")),
                        "$EDC",
                        new EveryGateway());
    }

    private static final class EveryGateway implements GatewayDirectory {
        @Override
        public Optional<GatewayId> authenticate(String userName, String password) {
            return password.equals(PASSWORD)
                    ? Optional.of(new GatewayId("acme", userName))
                    : Optional.empty();
        }

        @Override
        public void takenOver(GatewayId gateway, String reason) {
            // not looked at
        }

        @Override
        public void foreignClientId(GatewayId gateway, String clientId, String remoteAddress) {
            // not looked at
        }
    }

    /** Deadlines that fit a test, also on a busy machine. */
    static final DeploymentTimes TIMES =
            new DeploymentTimes(
                    Duration.ofSeconds(15),
                    Duration.ofSeconds(15),
                    Duration.ofMillis(50),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60),
                    Duration.ofMinutes(5),
                    Duration.ZERO,
                    Duration.ofMinutes(5));

    /** {@link #TIMES} with bundles and starts that may take long. */
    static final DeploymentTimes PATIENT =
            new DeploymentTimes(
                    TIMES.request(),
                    TIMES.activation(),
                    TIMES.poll(),
                    TIMES.silence(),
                    TIMES.applications(),
                    Duration.ofMinutes(10),
                    TIMES.health(),
                    TIMES.absence(),
                    TIMES.queued(),
                    TIMES.token(),
                    Duration.ofSeconds(8),
                    TIMES.repairPause());

    /** The name of an aggregator with its own data; opening it again goes on with them. */
    String newName() {
        return "aggregator-" + NUMBER.incrementAndGet();
    }

    Aggregator open(String name) throws IOException {
        return open(name, TIMES);
    }

    Aggregator open(String name, DeploymentTimes times) throws IOException {
        Aggregator aggregator = Aggregator.open(settings(name), times);
        aggregator.start("http://127.0.0.1:1");
        return aggregator;
    }

    /**
     * Opens an aggregator that writes files for its broker and then waits for it.
     *
     * @return completes when the broker that needs the files was started
     */
    static CompletableFuture<Aggregator> opening(Settings settings, Path files)
            throws InterruptedException {
        CompletableFuture<Aggregator> opening =
                CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return Aggregator.open(settings, TIMES);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
        await(
                "the broker's files are there",
                PATIENCE,
                () -> Files.exists(files.resolve("acl")) || opening.isDone());
        return opening;
    }

    Settings settings(String name) {
        return settings(name, Map.of());
    }

    Settings settings(String name, Map<String, String> more) {
        Map<String, String> values = new TreeMap<>(brokerSettings());
        values.put("requester.id", name);
        values.putAll(more);
        return Settings.of(folder.resolve(name), values);
    }

    /** How an aggregator joins the broker, and looks at gateways often. */
    Map<String, String> brokerSettings() {
        return Map.of(
                "mqtt.broker.url", broker.server().address().toString(),
                "mqtt.broker.user", broker.server().userName(),
                "mqtt.broker.password", broker.server().password(),
                "requests.after.birth.millis", "100",
                "fleet.read.seconds", "1");
    }

    FakeGateway gateway(String clientId) {
        return new FakeGateway(new GatewayId("acme", clientId));
    }

    void connect(FakeGateway gateway) throws Exception {
        gateway.connect(broker.server().address(), gateway.id().clientId(), PASSWORD);
    }

    EmbeddedBroker broker() {
        return broker;
    }

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        await(what, DEADLINE, condition);
    }

    static void await(String what, Duration deadline, BooleanSupplier condition)
            throws InterruptedException {
        Instant end = Instant.now().plus(deadline);
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(end)) {
                throw new AssertionError(
                        "within " + deadline.toSeconds() + " s it did not happen that " + what);
            }
            Thread.sleep(20);
        }
    }

    static Job awaitEnd(Aggregator aggregator, long job) throws InterruptedException {
        await("job " + job + " ends", () -> aggregator.deployments().get(job).state().ended());
        return aggregator.deployments().get(job);
    }

    static void awaitState(Aggregator aggregator, long job, JobState state)
            throws InterruptedException {
        await(
                "job " + job + " is " + state,
                () -> aggregator.deployments().get(job).state() == state);
    }

    /** Adds a package of one bundle {@code <name>.bundle} to the repository. */
    static StoredPackage add(Aggregator aggregator, String name, String version, String... headers)
            throws Exception {
        return aggregator
                .packages()
                .add(new ByteArrayInputStream(dp(name, version, headers)), "test");
    }

    static byte[] dp(String name, String version, String... headers) throws Exception {
        Bundle bundle = Bundle.read(bundle(name + ".bundle", version, headers));
        return new DeploymentPackage(name, Version.parseVersion(version), List.of(bundle))
                .toBytes();
    }

    private static byte[] bundle(String name, String version, String... headers)
            throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", name);
        main.putValue("Bundle-Version", version);
        for (int i = 0; i < headers.length; i += 2) {
            main.putValue(headers[i], headers[i + 1]);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream jar = new ZipOutputStream(bytes)) {
            // the time of an entry would make each call's bytes another package
            ZipEntry entry = new ZipEntry(JarFile.MANIFEST_NAME);
            entry.setTimeLocal(LocalDateTime.of(2026, 1, 1, 0, 0));
            jar.putNextEntry(entry);
            manifest.write(jar);
        }
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        broker.close();
    }
}
