package io.karu.gateway.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.gateway.probe.components.Thermostat;
import io.karu.gateway.probe.lifecycle.Activator;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.eclipse.kura.configuration.ConfigurationService;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

class RestartIT {

    @TempDir Path temp;

    private static void post(StartedGateway gateway, TestPackage dp) throws Exception {
        assertEquals(200, gateway.packagesPage("POST", "", dp.bytes()).statusCode());
    }

    private static TestBundle marking(String symbolicName) {
        return TestBundle.named(symbolicName, "1.0.0").activatedBy(Activator.class);
    }

    @Test
    void aStartWipesTheFrameworksCacheAndEveryDataAreaAndInstallsPackagesInHashOrder()
            throws Exception {
        List<String> names = List.of("amber", "bronze", "copper", "denim", "ebony");
        try (StartedGateway gateway = StartedGateway.at(temp)) {
            for (String name : names) {
                post(gateway, TestPackage.named(name, "1.0.0").with(marking(name)));
            }
            gateway.context()
                    .installBundle(
                            "loose",
                            new ByteArrayInputStream(TestBundle.named("loose", "1.0.0").bytes()))
                    .start();
            Files.delete(temp.resolve("packages/copper_1.0.0.dp"));

            gateway.restart();

            for (String name : List.of("amber", "bronze", "denim", "ebony")) {
                assertEquals(false, gateway.<Boolean>probe(name), "data area of " + name);
            }
            assertTrue(gateway.bundle("copper").isEmpty());
            assertTrue(gateway.bundle("loose").isEmpty());
            List<String> installed =
                    Arrays.stream(gateway.context().getBundles())
                            .filter(bundle -> names.contains(bundle.getSymbolicName()))
                            .sorted(Comparator.comparing(Bundle::getBundleId))
                            .map(Bundle::getSymbolicName)
                            .toList();
            assertEquals(inHashOrder(), installed);
            assertNotEquals(names.stream().filter(installed::contains).toList(), installed);
        }
    }

    private List<String> inHashOrder() throws Exception {
        Properties entries = new Properties();
        try (var in = Files.newInputStream(temp.resolve("packages/dpa.properties"))) {
            entries.load(in);
        }
        return entries.keySet().stream()
                .map(Object::toString)
                .filter(name -> !name.equals("copper"))
                .toList();
    }

    @Test
    void aConsumerInstalledBeforeItsProviderAtTheStartRunsInTheEnd() throws Exception {
        try (StartedGateway gateway = StartedGateway.at(temp)) {
            for (int i = 0; i < 3; i++) {
                post(
                        gateway,
                        TestPackage.of(
                                TestBundle.named("provider" + i, "1.0.0")
                                        .header("Export-Package", "offered" + i)
                                        .file("offered" + i + "/text", "x")));
                post(
                        gateway,
                        TestPackage.of(
                                TestBundle.named("consumer" + i, "1.0.0")
                                        .header("Import-Package", "offered" + i)));
            }

            gateway.restart();

            for (int i = 0; i < 3; i++) {
                String consumer = "consumer" + i;
                Await.until(
                        consumer + " runs",
                        () ->
                                gateway.bundle(consumer)
                                        .filter(bundle -> bundle.getState() == Bundle.ACTIVE)
                                        .isPresent());
            }
        }
    }

    @Test
    void theNewestSnapshotIsAppliedAlsoToComponentsThatComeLater() throws Exception {
        try (StartedGateway gateway = StartedGateway.at(temp)) {
            ConfigurationService service = gateway.service(ConfigurationService.class);
            TestBundle probes = TestBundle.named("probes", "1.0.0").classesOf(Thermostat.class);
            post(gateway, TestPackage.of(probes));
            service.createFactoryConfiguration(
                    Thermostat.PID, "kitchen", Map.of("degrees", 18), true);
            gateway.probe("kitchen");
            Path newest = newestSnapshot();

            gateway.restart();
            assertEquals(18, gateway.<Map<String, Object>>probe("kitchen").get("degrees"));

            Files.writeString(newest.resolveSibling("snapshot_9999999999999.xml"), "spoiled");
            gateway.restart();
            assertEquals(18, gateway.<Map<String, Object>>probe("kitchen").get("degrees"));
        }
    }

    private Path newestSnapshot() throws Exception {
        try (Stream<Path> files = Files.list(temp.resolve("user/snapshots"))) {
            return files.max(Comparator.naturalOrder()).orElseThrow();
        }
    }

    @Test
    void theInitialConfigurationIsAppliedOnceAndItsPasswordsAreNotKeptInClear() throws Exception {
        Path initial = temp.resolve("initial.json");
        Files.writeString(initial, initial(19));
        Path home = temp.resolve("home");
        try (StartedGateway gateway = StartedGateway.withInitial(home, initial)) {
            post(
                    gateway,
                    TestPackage.of(
                            TestBundle.named("probes", "1.0.0").classesOf(Thermostat.class)));
            Map<String, Object> properties = gateway.probe("first");
            assertEquals(19, properties.get("degrees"));
            assertFalse(properties.get("secret").toString().contains("sesame"));

            Files.writeString(initial, initial(42));
            gateway.restart();
            assertEquals(19, gateway.<Map<String, Object>>probe("first").get("degrees"));
        }
        assertTrue(Files.exists(home.resolve("user/snapshots/snapshot_0.xml")));
    }

    private static String initial(int degrees) {
        return """
                {"configs":[{"pid":"first","properties":{
                  "service.factoryPid":{"type":"STRING","value":"%s"},
                  "secret":{"type":"PASSWORD","value":"open sesame"},
                  "degrees":{"type":"INTEGER","value":%d}}}]}"""
                .formatted(Thermostat.PID, degrees);
    }

    @Test
    void sigtermStopsCleanlyAndAKilledGatewayStartsAgain() throws Exception {
        Path home = temp.resolve("home");
        Path output = temp.resolve("output");
        try (GatewayProcess gateway =
                GatewayProcess.start(output, "--home", home.toString()).awaitReady()) {
            try (GatewayProcess second =
                    GatewayProcess.start(temp.resolve("second"), "--home", home.toString())) {
                assertEquals(1, second.exitStatus());
                assertTrue(second.output().contains("another gateway runs"), second.output());
            }
            gateway.kill();
            gateway.exitStatus();
        }
        try (GatewayProcess gateway =
                GatewayProcess.start(output, "--home", home.toString()).awaitReady()) {
            gateway.terminate();
            assertEquals(143, gateway.exitStatus());
        }
        String log = Files.readString(home.resolve("log/kura.log"));
        assertTrue(log.contains("Stopped Jetty"), log);
    }

    @Test
    void aGatewayWithOptionsOfItsOwnEndsWithTheProcessThatStartedIt() throws Exception {
        Path home = temp.resolve("home");
        try (GatewayProcess gateway =
                GatewayProcess.start(
                                temp.resolve("output"),
                                "--home",
                                home.toString(),
                                "--java-opts",
                                "-Xmx96m -XX:+UseSerialGC")
                        .awaitReady()) {
            ProcessHandle child = gateway.children().get(0);
            gateway.kill();
            Await.until("child ended", () -> !child.isAlive());
        }
    }

    @Test
    void wrongArgumentsAndAUsedPortAreTold() throws Exception {
        try (GatewayProcess gateway = GatewayProcess.start(temp.resolve("output"), "--port", "1")) {
            assertEquals(2, gateway.exitStatus());
            assertTrue(gateway.output().contains("--port is unknown"), gateway.output());
        }
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                GatewayProcess gateway =
                        GatewayProcess.start(
                                temp.resolve("output"),
                                "--home",
                                temp.resolve("home").toString(),
                                "--http-port",
                                Integer.toString(taken.getLocalPort()))) {
            assertEquals(1, gateway.exitStatus());
            assertTrue(gateway.output().contains("is in use"), gateway.output());
        }
    }
}
