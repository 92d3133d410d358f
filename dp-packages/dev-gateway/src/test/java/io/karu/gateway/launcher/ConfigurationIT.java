package io.karu.gateway.launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.gateway.probe.components.Thermostat;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.configuration.ComponentConfiguration;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.configuration.Password;
import org.eclipse.kura.configuration.SelfConfiguringComponent;
import org.eclipse.kura.configuration.metatype.AD;
import org.eclipse.kura.configuration.metatype.OCD;
import org.eclipse.kura.configuration.metatype.OCDService;
import org.eclipse.kura.configuration.metatype.Scalar;
import org.eclipse.kura.crypto.CryptoService;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.ConfigurationAdmin;

class ConfigurationIT {

    @TempDir static Path home;
    private static StartedGateway gateway;
    private static ConfigurationService service;
    private static CryptoService crypto;

    @BeforeAll
    static void startGateway() throws Exception {
        gateway = StartedGateway.at(home);
        service = gateway.service(ConfigurationService.class);
        crypto = gateway.service(CryptoService.class);
        install(TestBundle.named("probes", "1.0.0").classesOf(Thermostat.class));
    }

    @AfterAll
    static void stopGateway() {
        gateway.close();
    }

    private static Bundle install(TestBundle bundle) throws Exception {
        Bundle installed =
                gateway.context()
                        .installBundle(
                                bundle.symbolicName(), new ByteArrayInputStream(bundle.bytes()));
        installed.start();
        return installed;
    }

    private static Map<String, Object> seen(String pid) throws Exception {
        return gateway.probe(pid);
    }

    private static void thermostat(String pid, Map<String, Object> properties)
            throws KuraException {
        service.createFactoryConfiguration(Thermostat.PID, pid, properties, false);
    }

    /** A singleton named pid whose only attribute is an Integer. */
    private static TestBundle metatype(String version, String pid, String attribute, int value) {
        return TestBundle.named(pid, version)
                .file(
                        "OSGI-INF/metatype/" + pid + ".xml",
                        "<MetaData xmlns=\"http://www.osgi.org/xmlns/metatype/v1.2.0\"><OCD id=\""
                                + pid
                                + "\" name=\"n\"><AD id=\""
                                + attribute
                                + "\" type=\"Integer\" cardinality=\"0\" default=\""
                                + value
                                + "\" max=\"10\"/></OCD><Designate pid=\""
                                + pid
                                + "\"><Object ocdref=\""
                                + pid
                                + "\"/></Designate></MetaData>");
    }

    private static ServiceRegistration<ConfigurableComponent> component(String pid) {
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put("service.pid", pid);
        ConfigurableComponent component = new ConfigurableComponent() {};
        return gateway.context()
                .registerService(ConfigurableComponent.class, component, properties);
    }

    @Test
    void aFactoryComponentGetsItsNameItsFactoryAndTheDefaults() throws Exception {
        thermostat("kitchen", Map.of("degrees", 23));

        Map<String, Object> properties = seen("kitchen");
        assertEquals("kitchen", properties.get("kura.service.pid"));
        assertEquals(Thermostat.PID, properties.get("service.factoryPid"));
        assertNotEquals("kitchen", properties.get("service.pid"));
        assertEquals(23, properties.get("degrees"));
        assertArrayEquals(new Integer[] {1, 2}, (Integer[]) properties.get("rooms"));
        assertTrue(service.getConfigurableComponentPids().contains("kitchen"));
    }

    @Test
    void aUsedPidIsRefused() throws Exception {
        thermostat("twice", Map.of());

        KuraException refusal =
                assertThrows(KuraException.class, () -> thermostat("twice", Map.of()));

        assertTrue(refusal.getMessage().contains("twice"), refusal.getMessage());
    }

    @Test
    void anUpdateMergesAndIsSeenByTheRunningComponent() throws Exception {
        thermostat("bath", Map.of("degrees", 24));
        seen("bath");

        service.updateConfiguration("bath", Map.of("window", true), false);

        Await.until("update", () -> seen("bath").containsKey("window"));
        assertEquals(24, seen("bath").get("degrees"));
    }

    @Test
    void boundsOfTheMetatypeAreNotEnforced() throws Exception {
        thermostat("oven", Map.of());
        service.updateConfiguration("oven", Map.of("degrees", 900), false);
        Await.until(
                "value beyond max", () -> Integer.valueOf(900).equals(seen("oven").get("degrees")));
    }

    @Test
    void anUnknownPidIsPassedOverUnlessItNamesItsFactory() throws Exception {
        service.updateConfiguration("nobody", Map.of("degrees", 1), false);
        assertNull(service.getComponentConfiguration("nobody"));
        assertNull(
                gateway.service(ConfigurationAdmin.class)
                        .listConfigurations("(service.pid=nobody)"));

        service.updateConfiguration(
                "hall", Map.of("degrees", 17, "service.factoryPid", Thermostat.PID), false);
        assertEquals(17, seen("hall").get("degrees"));
    }

    @Test
    void aPasswordReachesTheComponentEncrypted() throws Exception {
        thermostat("safe", Map.of("secret", new Password("open sesame")));

        String delivered = (String) seen("safe").get("secret");
        assertFalse(delivered.contains("sesame"));
        assertEquals("open sesame", new String(crypto.decryptAes(delivered.toCharArray())));
        assertEquals("open sesame", secret(List.of(service.getComponentConfiguration("safe"))));
        assertEquals(delivered, secret(service.getComponentConfigurations()));
    }

    private static String secret(List<ComponentConfiguration> configurations) {
        return configurations.stream()
                .filter(configuration -> configuration.getPid().equals("safe"))
                .findFirst()
                .orElseThrow()
                .getConfigurationProperties()
                .get("secret")
                .toString();
    }

    @Test
    void anEncryptedPasswordIsNotEncryptedAgain() throws Exception {
        String encrypted = new String(crypto.encryptAes("once".toCharArray()));
        thermostat("door", Map.of("secret", new Password(encrypted)));
        assertEquals(encrypted, seen("door").get("secret"));
    }

    @Test
    void textsOfAMetatypeAreShownAsTheyAre() throws Exception {
        OCD definition =
                gateway.service(OCDService.class)
                        .getFactoryComponentOCD(Thermostat.PID)
                        .getDefinition();
        assertEquals("%not.localised", definition.getDescription());
        AD secret =
                definition.getAD().stream()
                        .filter(ad -> ad.getId().equals("secret"))
                        .findFirst()
                        .orElseThrow();
        assertEquals(Scalar.PASSWORD, secret.getType());
        assertTrue(service.getFactoryComponentPids().contains(Thermostat.PID));
    }

    @Test
    void defaultsAreSplitAtCommasAndEmptyOnesAreNone() throws Exception {
        install(
                TestBundle.named("probe.Defaults", "1.0.0")
                        .file(
                                "OSGI-INF/metatype/probe.Defaults.xml",
                                "<MetaData><OCD id=\"probe.Defaults\" name=\"n\">"
                                        + "<AD id=\"escaped\" type=\"String\" default=\"a\\,b\"/>"
                                        + "<AD id=\"cut\" type=\"String\" default=\"a,b\"/>"
                                        + "<AD id=\"none\" type=\"String\" default=\"\"/>"
                                        + "<AD id=\"key\" type=\"Password\" default=\"abc\"/>"
                                        + "</OCD><Designate pid=\"probe.Defaults\">"
                                        + "<Object ocdref=\"probe.Defaults\"/></Designate></MetaData>"));
        ServiceRegistration<?> registration = component("probe.Defaults");
        Map<String, Object> properties =
                service.getComponentConfiguration("probe.Defaults").getConfigurationProperties();
        assertEquals("a,b", properties.get("escaped"));
        assertEquals("a", properties.get("cut"));
        assertFalse(properties.containsKey("none"));
        assertEquals("abc", properties.get("key").toString());
        String stored =
                (String)
                        gateway.service(ConfigurationAdmin.class)
                                .getConfiguration("probe.Defaults", "?")
                                .getProperties()
                                .get("key");
        assertEquals("abc", new String(crypto.decryptAes(stored.toCharArray())));
        registration.unregister();
        assertNull(
                service.getComponentConfiguration("probe.Defaults"),
                "configurable without its service");
    }

    @Test
    void aMetatypeFileCountsOnlyUnderItsComponentsPid() throws Exception {
        install(
                TestBundle.named("probe.misnamed", "1.0.0")
                        .file(
                                "OSGI-INF/metatype/metatype.xml",
                                "<MetaData><OCD id=\"probe.Misnamed\" name=\"n\"/><Designate factoryPid=\"probe.Misnamed\">"
                                        + "<Object ocdref=\"probe.Misnamed\"/></Designate></MetaData>"));
        assertFalse(service.getFactoryComponentPids().contains("probe.Misnamed"));
    }

    @Test
    void anUpgradedBundleGivesNewAttributesTheirDefaultsAndKeepsTheOld() throws Exception {
        Bundle bundle = install(metatype("1.0.0", "probe.Upgraded", "speed", 3));
        ServiceRegistration<?> registration = component("probe.Upgraded");
        service.updateConfiguration("probe.Upgraded", Map.of("speed", 7), false);

        upgrade(bundle, metatype("1.1.0", "probe.Upgraded", "force", 5));

        Map<String, Object> properties =
                service.getComponentConfiguration("probe.Upgraded").getConfigurationProperties();
        assertEquals(5, properties.get("force"));
        assertEquals(7, properties.get("speed"));
        registration.unregister();
    }

    /** Felix leaves an upgraded bundle stopped where another thread is resolving just then. */
    private static void upgrade(Bundle bundle, TestBundle next) throws Exception {
        try {
            bundle.update(new ByteArrayInputStream(next.bytes()));
        } catch (BundleException e) {
            if (e.getType() != BundleException.RESOLVE_ERROR
                    || !e.getMessage().contains("global lock")) {
                throw e;
            }
            bundle.start();
        }
    }

    @Test
    void aRemovedBundlesComponentDisappearsAndComesBackWithItsConfiguration() throws Exception {
        Bundle bundle = gateway.bundle("probes").orElseThrow();
        service.createFactoryConfiguration(Thermostat.PID, "guest", Map.of("degrees", 12), true);
        seen("guest");

        bundle.stop();
        assertFalse(service.getConfigurableComponentPids().contains("guest"));
        long id = service.snapshot();
        assertTrue(
                service.getSnapshot(id).stream().anyMatch(c -> c.getPid().equals("guest")),
                "stays in snapshots");

        bundle.start();
        assertEquals(12, seen("guest").get("degrees"));
        service.deleteFactoryConfiguration("guest", false);
    }

    @Test
    void aSelfConfiguringComponentSpeaksForItself() throws Exception {
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put("service.pid", "probe.Self");
        properties.put("kura.service.pid", "probe.Self");
        OCD definition =
                gateway.service(OCDService.class)
                        .getFactoryComponentOCD(Thermostat.PID)
                        .getDefinition();
        ComponentConfiguration own =
                new ComponentConfiguration() {
                    @Override
                    public String getPid() {
                        return "probe.Self";
                    }

                    @Override
                    public OCD getDefinition() {
                        return definition;
                    }

                    @Override
                    public Map<String, Object> getConfigurationProperties() {
                        return new HashMap<>(Map.of("mood", "fine"));
                    }
                };
        ServiceRegistration<?> registration =
                gateway.context()
                        .registerService(
                                SelfConfiguringComponent.class,
                                (SelfConfiguringComponent) () -> own,
                                properties);
        assertEquals(
                "fine",
                service.getComponentConfiguration("probe.Self")
                        .getConfigurationProperties()
                        .get("mood"));
        registration.unregister();
    }

    @Test
    void snapshotsAreEncryptedAndTheOldestGoExceptTheFirst() throws Exception {
        Path directory = home.resolve("user/snapshots");
        long first = service.snapshot();
        Files.copy(
                directory.resolve("snapshot_" + first + ".xml"),
                directory.resolve("snapshot_0.xml"));
        for (int i = 0; i < 12; i++) {
            service.snapshot();
        }

        Set<Long> ids = new TreeSet<>(service.getSnapshots());
        assertEquals(10, ids.size());
        assertTrue(ids.contains(0L));
        assertFalse(ids.contains(first));
        String stored =
                Files.readString(directory.resolve("snapshot_" + Collections.max(ids) + ".xml"));
        assertFalse(stored.contains("esf:"), "snapshot is clear text");
    }

    @Test
    void rollbackCreatesFactoryComponentsAnewAndStoresASnapshot() throws Exception {
        thermostat("attic", Map.of("degrees", 5));
        seen("attic");
        long before = service.snapshot();
        service.updateConfiguration("attic", Map.of("degrees", 9), true);
        Await.until("update", () -> Integer.valueOf(9).equals(seen("attic").get("degrees")));
        thermostat("late", Map.of());
        Object oldServicePid = seen("attic").get("service.pid");
        long newest = Collections.max(service.getSnapshots());

        service.rollback(before);

        Await.until("rolled back", () -> Integer.valueOf(5).equals(seen("attic").get("degrees")));
        assertNotEquals(oldServicePid, seen("attic").get("service.pid"));
        assertNull(service.getComponentConfiguration("late"));
        assertTrue(Collections.max(service.getSnapshots()) > newest);
    }

    @Test
    void rollbackWithoutAnIdGoesToTheLastButOne() throws Exception {
        long lastButOne = service.snapshot();
        service.snapshot();
        assertEquals(lastButOne, service.rollback());
    }

    @Test
    void anUnknownSnapshotIsRefused() {
        assertThrows(KuraException.class, () -> service.rollback(4711));
        assertThrows(KuraException.class, () -> service.getSnapshot(4711));
    }

    @Test
    void aDeletedComponentIsGoneAndStaysOutOfLaterSnapshots() throws Exception {
        thermostat("shed", Map.of());
        service.snapshot();

        service.deleteFactoryConfiguration("shed", true);

        assertNull(service.getComponentConfiguration("shed"));
        List<ComponentConfiguration> latest =
                service.getSnapshot(Collections.max(service.getSnapshots()));
        assertTrue(latest.stream().noneMatch(c -> c.getPid().equals("shed")));
        Await.until(
                "component gone",
                () ->
                        gateway.service(ConfigurableComponent.class, "(kura.service.pid=shed)")
                                .isEmpty());
        assertThrows(KuraException.class, () -> service.deleteFactoryConfiguration("shed", true));
    }
}
