package io.karu.packages;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.kura.deployment.DeploymentPackage;
import io.karu.kura.deployment.Finding;
import io.karu.kura.deployment.PackageChecker;
import io.karu.kura.deployment.PackageExport;
import io.karu.kura.deployment.Platform;
import io.karu.kura.deployment.Target;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;

/**
 * Every bundle that is shipped resolves against what Kura 5.6 and Kura 6 export, and nothing else.
 */
class ResolveTest {

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "kura-5.6, x86-64, karu-natives-onnx-x86_64, karu-page-javax",
        "kura-5.6, aarch64, karu-natives-onnx-aarch64, karu-page-javax",
        "kura-6, x86-64, karu-natives-onnx-x86_64, karu-page-jakarta",
        "kura-6, aarch64, karu-natives-onnx-aarch64, karu-page-jakarta"
    })
    void everyShippedBundleResolves(String name, String processor, String natives, String page)
            throws Exception {
        Platform platform = Platform.named(name);
        List<DeploymentPackage> packages =
                List.of(
                        Packages.named(natives),
                        Packages.named("karu-base"),
                        Packages.named("karu-station"),
                        Packages.named("karu-compression"),
                        Packages.named(page));
        assertEquals(List.of(), unresolved(platform, processor, packages));
        assertEquals(List.of(), findings(platform, processor, packages));
    }

    @ParameterizedTest
    @CsvSource({"kura-5.6, karu-page-jakarta", "kura-6, karu-page-javax"})
    void thePageOfTheOtherKuraDoesNotResolve(String name, String page) throws Exception {
        Platform platform = Platform.named(name);
        List<DeploymentPackage> packages =
                List.of(Packages.named("karu-base"), Packages.named(page));
        assertFalse(unresolved(platform, "x86-64", packages).isEmpty());
        assertTrue(
                findings(platform, "x86-64", packages).stream()
                        .allMatch(finding -> finding.code() == Finding.Code.IMPORT_UNSATISFIED));
    }

    /** What the framework's resolver says. */
    private List<String> unresolved(
            Platform platform, String processor, List<DeploymentPackage> packages)
            throws Exception {
        Map<String, String> properties = new HashMap<>();
        properties.put(
                Constants.FRAMEWORK_SYSTEMPACKAGES,
                platform.exports().stream()
                        .map(ResolveTest::clause)
                        .collect(Collectors.joining(",")));
        properties.put(Constants.FRAMEWORK_SYSTEMCAPABILITIES, platform.capabilities());
        properties.put(Constants.FRAMEWORK_PROCESSOR, processor);
        List<String> reasons = new ArrayList<>();
        try (TestFramework framework = TestFramework.bare(folder, properties)) {
            List<Bundle> bundles = new ArrayList<>();
            for (final DeploymentPackage deploymentPackage : packages) {
                for (final io.karu.kura.deployment.Bundle bundle : deploymentPackage.bundles()) {
                    bundles.add(
                            framework
                                    .context()
                                    .installBundle(
                                            bundle.entryName(),
                                            new ByteArrayInputStream(bundle.bytes())));
                }
            }
            for (final Bundle bundle : bundles) {
                // An exported class is asked for, so that the bundle is resolved but not started.
                bundle.getResource("/");
                if (bundle.getState() == Bundle.INSTALLED) {
                    reasons.add(bundle.getSymbolicName() + ": " + reason(bundle));
                }
            }
        }
        return reasons;
    }

    private static String clause(PackageExport export) {
        return export.name() + ";version=\"" + export.version() + "\"";
    }

    private static String reason(Bundle bundle) {
        try {
            bundle.start();
            return "resolves only when started";
        } catch (BundleException e) {
            return e.getMessage();
        }
    }

    /** What the checker says, by which the aggregator judges packages. */
    private static List<Finding> findings(
            Platform platform, String processor, List<DeploymentPackage> packages) {
        Target.Builder target =
                Target.builder()
                        .platform(platform)
                        .osArch(processor)
                        .jvmVersion(Integer.toString(platform.javaVersion()));
        packages.forEach(p -> p.bundles().forEach(target::known));
        return packages.stream()
                .flatMap(p -> PackageChecker.check(p.toBytes(), target.build()).stream())
                .toList();
    }
}
