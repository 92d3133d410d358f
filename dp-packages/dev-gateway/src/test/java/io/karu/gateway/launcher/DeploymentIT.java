package io.karu.gateway.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.gateway.probe.lifecycle.Activator;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.identity.IdentityService;
import org.eclipse.kura.identity.Permission;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleListener;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.service.deploymentadmin.DeploymentAdmin;
import org.osgi.service.deploymentadmin.DeploymentException;

class DeploymentIT {

    @TempDir static Path home;
    private static StartedGateway gateway;
    private static DeploymentAdmin admin;

    @BeforeAll
    static void startGateway() throws Exception {
        Path library =
                Files.copy(
                        Path.of(System.getProperty("java.home"), "lib", "libprefs.so"),
                        home.resolve("libprobe.so"));
        gateway = StartedGateway.at(home, Map.of("probe.library", library.toString()));
        admin = gateway.service(DeploymentAdmin.class);
    }

    @AfterAll
    static void stopGateway() {
        gateway.close();
    }

    private static TestBundle bundle(String symbolicName, String version) {
        return TestBundle.named(symbolicName, version);
    }

    private static void install(TestPackage dp) throws Exception {
        admin.installDeploymentPackage(dp.stream());
    }

    private static void post(TestPackage dp) throws Exception {
        HttpResponse<String> answer = gateway.packagesPage("POST", "", dp.bytes());
        assertEquals(200, answer.statusCode(), answer.body());
    }

    private static int refusal(TestPackage dp) {
        return assertThrows(DeploymentException.class, () -> install(dp)).getCode();
    }

    private static Properties dpa() throws Exception {
        Properties entries = new Properties();
        try (var in = Files.newInputStream(home.resolve("packages/dpa.properties"))) {
            entries.load(in);
        }
        return entries;
    }

    @Test
    void bundlesOfAPackageAreStartedAtLevelFiveUnderTheirOwnLocation() throws Exception {
        install(TestPackage.of(bundle("first", "1.0.0")));

        Bundle bundle = gateway.bundle("first").orElseThrow();
        assertEquals(Bundle.ACTIVE, bundle.getState());
        assertEquals("osgi-dp:first", bundle.getLocation());
        assertEquals(5, bundle.adapt(BundleStartLevel.class).getStartLevel());
    }

    @Test
    void theGatewaysOwnBundlesHaveKurasStartLevels() {
        assertEquals(4, level("io.karu.gateway"));
        assertEquals(5, level("org.apache.felix.http.jetty12"));
        assertEquals(6, level("org.apache.felix.webconsole"));
    }

    private static int level(String symbolicName) {
        return gateway.bundle(symbolicName)
                .orElseThrow()
                .adapt(BundleStartLevel.class)
                .getStartLevel();
    }

    @Test
    void aPackageIsInstalledAlthoughItsBundleDoesNotResolve() throws Exception {
        post(TestPackage.of(bundle("lonely", "1.0.0").header("Import-Package", "no.such.pack")));

        assertEquals(Bundle.INSTALLED, gateway.stateOf("lonely"));
        assertTrue(dpa().containsKey("lonely.package"));
    }

    @Test
    void aWaitingBundleStartsWhenItsProviderArrives() throws Exception {
        install(TestPackage.of(bundle("consumer", "1.0.0").header("Import-Package", "offered")));
        assertEquals(Bundle.INSTALLED, gateway.stateOf("consumer"));

        install(
                TestPackage.of(
                        bundle("provider", "1.0.0")
                                .header("Export-Package", "offered")
                                .file("offered/text", "x")));

        Await.until("consumer started", () -> gateway.stateOf("consumer") == Bundle.ACTIVE);
    }

    @Test
    void aBundleOfTheSameVersionIsNotReplaced() throws Exception {
        install(
                TestPackage.named("same", "1.0.0")
                        .with(bundle("same", "1.0.0").header("Content", "old")));
        install(
                TestPackage.named("same", "1.1.0")
                        .with(bundle("same", "1.0.0").header("Content", "new")));

        assertEquals("1.1.0", admin.getDeploymentPackage("same").getVersion().toString());
        assertEquals("old", gateway.bundle("same").orElseThrow().getHeaders().get("Content"));

        install(
                TestPackage.named("same", "1.2.0")
                        .with(bundle("same", "1.0.1").header("Content", "new")));
        assertEquals("new", gateway.bundle("same").orElseThrow().getHeaders().get("Content"));
    }

    @Test
    void aBundleThatAnotherPackageOrTheGatewayOwnsIsASharingViolation() throws Exception {
        install(TestPackage.named("owner", "1.0.0").with(bundle("owned", "1.0.0")));

        assertEquals(
                460, refusal(TestPackage.named("thief", "1.0.0").with(bundle("owned", "1.0.0"))));
        String version = gateway.bundle("com.google.gson").orElseThrow().getVersion().toString();
        assertEquals(
                460,
                refusal(
                        TestPackage.named("copy", "1.0.0")
                                .with(bundle("com.google.gson", version))));
    }

    @Test
    void anOlderPackageIsInstalledAndLeftOutBundlesGo() throws Exception {
        TestPackage older = TestPackage.named("down", "1.0.0").with(bundle("stays", "1.0.0"));
        install(
                TestPackage.named("down", "2.0.0")
                        .with(bundle("stays", "2.0.0"), bundle("leaves", "2.0.0")));

        install(older);

        assertEquals("1.0.0", gateway.bundle("stays").orElseThrow().getVersion().toString());
        assertTrue(gateway.bundle("leaves").isEmpty());
    }

    @Test
    void anUpgradeStopsTheUnchangedBundlesToo() throws Exception {
        install(
                TestPackage.named("pair", "1.0.0")
                        .with(bundle("changed", "1.0.0"), bundle("unchanged", "1.0.0")));
        List<String> stopped = new CopyOnWriteArrayList<>();
        BundleListener listener =
                event -> {
                    if (event.getType() == BundleEvent.STOPPED) {
                        stopped.add(event.getBundle().getSymbolicName());
                    }
                };
        gateway.context().addBundleListener(listener);

        install(
                TestPackage.named("pair", "1.1.0")
                        .with(bundle("changed", "1.1.0"), bundle("unchanged", "1.0.0")));

        Await.until("stopped both", () -> stopped.containsAll(List.of("changed", "unchanged")));
        gateway.context().removeBundleListener(listener);
    }

    @Test
    void aContainerThatBreaksTheRulesIsRefusedWithItsCode() throws Exception {
        byte[] jar = bundle("ruled", "1.0.0").bytes();

        assertEquals(451, refusal(TestPackage.of(bundle("late", "1.0.0")).manifestLast()));
        assertEquals(
                463,
                refusal(
                        TestPackage.named("dir", "1.0.0")
                                .section("b/ruled.jar", "ruled", "1.0.0")
                                .entry("b/", new byte[0])
                                .entry("b/ruled.jar", jar)));
        assertEquals(
                452,
                refusal(
                        TestPackage.named("plus", "1.0.0")
                                .section("a+b.jar", "ruled", "1.0.0")
                                .entry("a+b.jar", jar)));
        assertEquals(
                457,
                refusal(
                        TestPackage.named("bsn", "1.0.0")
                                .section("a.jar", "other", "1.0.0")
                                .entry("a.jar", jar)));
        assertEquals(
                463,
                refusal(
                        TestPackage.named("version", "1.0.0")
                                .section("a.jar", "ruled", "2.0.0")
                                .entry("a.jar", jar)));
    }

    @Test
    void theFileIsKeptUnderNameAndVersionAndThePreviousOneStays() throws Exception {
        post(TestPackage.named("kept", "1.0.0").with(bundle("kept", "1.0.0")));
        post(TestPackage.named("kept", "1.1.0").with(bundle("kept", "1.1.0")));

        Path newer = home.resolve("packages/kept_1.1.0.dp");
        assertTrue(Files.exists(home.resolve("packages/kept_1.0.0.dp")));
        assertTrue(Files.exists(newer));
        assertEquals(newer.toUri().toString(), dpa().getProperty("kept"));
    }

    @Test
    void anUninstalledPackageLosesItsEntryAndItsFile() throws Exception {
        post(TestPackage.named("brief", "1.0.0").with(bundle("brief", "1.0.0")));

        assertEquals(200, gateway.packagesPage("DELETE", "?name=brief", null).statusCode());

        assertTrue(gateway.bundle("brief").isEmpty());
        assertFalse(dpa().containsKey("brief"));
        assertFalse(Files.exists(home.resolve("packages/brief_1.0.0.dp")));
        assertEquals(404, gateway.packagesPage("DELETE", "?name=brief", null).statusCode());
    }

    @Test
    void aPackageWithoutAnEntryIsUninstalledAndTheFailureIsTold() throws Exception {
        install(TestPackage.named("entryless", "1.0.0").with(bundle("entryless", "1.0.0")));

        HttpResponse<String> answer = gateway.packagesPage("DELETE", "?name=entryless", null);

        assertEquals(500, answer.statusCode());
        assertTrue(gateway.bundle("entryless").isEmpty());
    }

    @Test
    void aPackageWhoseFileCannotBeMovedRunsButIsNotKept() throws Exception {
        Files.createDirectories(home.resolve("packages/stuck_1.0.0.dp/in the way"));

        post(TestPackage.named("stuck", "1.0.0").with(bundle("stuck", "1.0.0")));

        assertEquals(Bundle.ACTIVE, gateway.stateOf("stuck"));
        assertFalse(dpa().containsKey("stuck"));
    }

    @Test
    void aLibraryLoadedFromAFixedPathFailsInTheNextGenerationOfItsBundle() throws Exception {
        Class<?> activator = io.karu.gateway.probe.natives.Activator.class;
        install(TestPackage.of(bundle("native", "1.0.0").activatedBy(activator)));
        assertEquals(Bundle.ACTIVE, gateway.stateOf("native"));

        post(TestPackage.of(bundle("native", "1.1.0").activatedBy(activator)));

        assertEquals(Bundle.RESOLVED, gateway.stateOf("native"));
        assertTrue(dpa().containsKey("native.package"));
    }

    @Test
    void theDataAreaOfABundleSurvivesAnUpgrade() throws Exception {
        install(TestPackage.of(bundle("data", "1.0.0").activatedBy(Activator.class)));
        assertEquals(false, gateway.<Boolean>probe("data"));

        install(TestPackage.of(bundle("data", "1.1.0").activatedBy(Activator.class)));
        assertEquals(true, gateway.<Boolean>probe("data"));
    }

    @Test
    void theConsoleWantsTheGeneratedPasswordAndListensOnLoopbackOnly() throws Exception {
        assertEquals(401, status(null));
        assertEquals(401, status(StartedGateway.authorization("admin", "admin")));
        assertEquals(200, status(StartedGateway.authorization("admin", gateway.adminPassword())));
        assertEquals(
                "rw-------",
                PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(home.resolve("user/admin-password"))));
        try (Socket socket = new Socket("127.0.0.1", URI.create(gateway.address()).getPort())) {
            assertTrue(socket.getInetAddress().isLoopbackAddress());
        }
        String sockets =
                Files.readString(Path.of("/proc/net/tcp"))
                        + Files.readString(Path.of("/proc/net/tcp6"));
        String port = "%04X".formatted(URI.create(gateway.address()).getPort());
        assertTrue(
                sockets.contains("0100007F:" + port)
                        || sockets.contains("0100007F:" + port.toLowerCase()));
        assertFalse(sockets.contains(" 00000000:" + port));
        assertFalse(sockets.contains("00000000000000000000000000000000:" + port));
    }

    @Test
    void anIdentityHasOnlyItsOwnPasswordAndPermissions() throws Exception {
        IdentityService identities = gateway.service(IdentityService.class);
        identities.createIdentity("operator");
        Permission inspection = new Permission("rest.inspection");
        identities.checkPermission("admin", inspection);
        assertThrows(KuraException.class, () -> identities.checkPermission("operator", inspection));
        assertThrows(
                KuraException.class,
                () -> identities.checkPassword("operator", gateway.adminPassword().toCharArray()));
    }

    private static int status(String authorization) throws Exception {
        var request =
                java.net.http.HttpRequest.newBuilder(
                        URI.create(gateway.address() + "/system/console/bundles"));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return java.net.http.HttpClient.newHttpClient()
                .send(request.build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void aFormOfAForeignPageCannotInstall() throws Exception {
        var request =
                java.net.http.HttpRequest.newBuilder(
                                URI.create(gateway.address() + "/system/console/packages"))
                        .header(
                                "Authorization",
                                StartedGateway.authorization("admin", gateway.adminPassword()))
                        .header("Content-Type", "multipart/form-data; boundary=x")
                        .POST(java.net.http.HttpRequest.BodyPublishers.ofString("--x--"))
                        .build();
        assertEquals(
                415,
                java.net.http.HttpClient.newHttpClient()
                        .send(request, HttpResponse.BodyHandlers.discarding())
                        .statusCode());
    }

    @Test
    void aRefusedPackageIsAnsweredWithItsReason() throws Exception {
        HttpResponse<String> answer = gateway.packagesPage("POST", "", "no zip".getBytes());
        assertEquals(400, answer.statusCode(), answer.body());
        assertTrue(new ByteArrayInputStream(answer.body().getBytes()).available() > 0);
    }
}
