package io.karu.packages;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.kura.deployment.Bundle;
import io.karu.kura.deployment.DeploymentPackage;
import io.karu.packages.TestFramework.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The packages are installed, booted and upgraded by Kura's DeploymentAdmin 0.9.5, on both
 * frameworks.
 */
class PackagesTest {

    private static final DeploymentPackage NATIVES = Packages.named("karu-natives-onnx-x86_64");
    private static final DeploymentPackage BASE = Packages.named("karu-base");
    private static final DeploymentPackage STATION = Packages.named("karu-station");
    private static final DeploymentPackage PAGE = Packages.named("karu-page-jakarta");
    private static final DeploymentPackage COMPRESSION = Packages.named("karu-compression");
    private static final List<DeploymentPackage> INSPECTION = List.of(NATIVES, BASE, STATION, PAGE);
    private static final List<DeploymentPackage> ALL =
            List.of(NATIVES, BASE, STATION, PAGE, COMPRESSION);

    private static final int BOOTS = 20;

    @TempDir Path folder;

    @ParameterizedTest
    @EnumSource(Kind.class)
    void packagesInstallInEveryOrder(Kind kind) throws Exception {
        try (TestFramework framework = TestFramework.start(kind, folder)) {
            int place = 0;
            for (final List<DeploymentPackage> order : Packages.orders(INSPECTION)) {
                List<DeploymentPackage> whole = new ArrayList<>(order);
                whole.add(place++ % ALL.size(), COMPRESSION);
                install(framework, whole);
                whole.forEach(framework::uninstall);
            }
        }
    }

    /** At each start Kura installs its packages again, in the order of their hashes. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void aGatewayBootsWithItsPackagesInAnyOrder(Kind kind) throws Exception {
        Random random = new Random(20);
        for (int i = 0; i < BOOTS; i++) {
            List<DeploymentPackage> order = new ArrayList<>(ALL);
            Collections.shuffle(order, random);
            try (TestFramework framework = TestFramework.start(kind, folder)) {
                install(framework, order);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void anUpgradeStopsExactlyWhatItMust(Kind kind) throws Exception {
        try (TestFramework framework = TestFramework.start(kind, folder)) {
            ALL.forEach(framework::install);
            framework.awaitActive(ALL);

            assertStops(framework, STATION, Set.of("io.karu.station"), "io.karu.station");
            assertStops(framework, COMPRESSION, names(COMPRESSION), "io.karu.compression");
            assertStops(framework, PAGE, names(PAGE), "io.karu.page.jakarta");
            assertStops(framework, PAGE, names(PAGE), "io.karu.page");
            assertStops(framework, BASE, names(BASE), "io.karu.models");
            assertStops(
                    framework,
                    BASE,
                    names(BASE),
                    "io.karu.engine.onnx",
                    "io.karu.samples",
                    "io.karu.uplink");

            Set<String> nativesAndTheirImporters = with(names(NATIVES), "io.karu.engine.onnx");
            assertStops(
                    framework,
                    NATIVES,
                    nativesAndTheirImporters,
                    "io.karu.natives.onnxruntime.x86_64");

            Set<String> apiAndItsImporters =
                    with(
                            with(names(BASE), Set.of("io.karu.station", "io.karu.compression")),
                            names(PAGE));
            assertStops(framework, BASE, apiAndItsImporters, "io.karu.api");
        }
    }

    /** Kura 5.6's SCR silently ignores components of a newer Declarative Services. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void everyComponentIsKnownToTheGatewaysScr(Kind kind) throws Exception {
        try (TestFramework framework = TestFramework.start(kind, folder)) {
            ALL.forEach(framework::install);
            framework.awaitActive(ALL);
            int all = 0;
            for (final DeploymentPackage deploymentPackage : ALL) {
                for (final Bundle bundle : deploymentPackage.bundles()) {
                    int declared =
                            bundle.header("Service-Component")
                                    .map(header -> header.split(",").length)
                                    .orElse(0);
                    assertEquals(
                            declared,
                            framework.components(bundle.symbolicName()),
                            bundle + " declares more components");
                    all += declared;
                }
            }
            assertTrue(all > 5, "only " + all + " components are shipped");
        }
    }

    @Test
    void noBundleIsInTwoPackagesThatAGatewayCanHave() {
        Map<String, String> owners = new HashMap<>();
        List<DeploymentPackage> shipped = new ArrayList<>(ALL);
        shipped.add(Packages.named("karu-natives-onnx-aarch64"));
        for (final DeploymentPackage deploymentPackage : shipped) {
            for (final Bundle bundle : deploymentPackage.bundles()) {
                String other = owners.put(bundle.symbolicName(), deploymentPackage.symbolicName());
                assertTrue(other == null, bundle + " is also in " + other);
            }
        }
        assertEquals(
                PAGE.bundles().get(0).toString(),
                Packages.named("karu-page-javax").bundles().get(0).toString(),
                "the two packages of the page are alternatives, with the same page");
    }

    @Test
    void noPackageBringsWhatAGatewayHas() {
        Set<String> bundles = new TreeSet<>();
        ALL.forEach(p -> bundles.addAll(names(p)));
        assertTrue(
                bundles.stream().allMatch(name -> name.startsWith("io.karu.")), bundles.toString());
        assertTrue(
                Collections.disjoint(
                        bundles, Set.of("io.karu.kura.api", "io.karu.kura", "io.karu.gateway")),
                bundles.toString());
    }

    private static void install(TestFramework framework, List<DeploymentPackage> order) {
        try {
            order.forEach(framework::install);
            framework.awaitActive(order);
        } catch (AssertionError e) {
            throw new AssertionError(
                    "In the order "
                            + order.stream().map(DeploymentPackage::symbolicName).toList()
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }

    /**
     * Upgrades the package in which these bundles have changed, and then goes back to what is
     * shipped.
     */
    private static void assertStops(
            TestFramework framework,
            DeploymentPackage shipped,
            Set<String> expected,
            String... changed) {
        for (final DeploymentPackage next : List.of(Packages.changed(shipped, changed), shipped)) {
            framework.stoppedSince();
            framework.install(next);
            framework.awaitActive(List.of(next));
            assertEquals(
                    new TreeSet<>(expected),
                    framework.stoppedSince(),
                    next.fileName() + " with another " + String.join(", ", changed));
            framework.awaitActive(ALL.stream().filter(p -> p != shipped).toList());
        }
    }

    private static Set<String> names(DeploymentPackage deploymentPackage) {
        return deploymentPackage.bundles().stream()
                .map(Bundle::symbolicName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> with(Set<String> names, Set<String> more) {
        Set<String> all = new TreeSet<>(names);
        all.addAll(more);
        return all;
    }

    private static Set<String> with(Set<String> names, String more) {
        return with(names, Set.of(more));
    }
}
