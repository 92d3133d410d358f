package io.karu.kura.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.kura.deployment.Finding.Code;
import io.karu.kura.deployment.Target.Installed;
import io.karu.kura.deployment.Target.InstalledBundle;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Version;

class PackageCheckerTest {

    private static final Version V1 = new Version("1.0.0");
    private static final Bundle BUNDLE = Jars.bundle("a", "1.0.0");
    private static final String MANIFEST = "META-INF/MANIFEST.MF";
    private static final String HEAD =
            "Manifest-Version: 1.0\nDeploymentPackage-SymbolicName: karu\nDeploymentPackage-Version: 1.0.0\n\n";
    private static final String SECTION =
            "Name: bundles/a.jar\nBundle-SymbolicName: a\nBundle-Version: 1.0.0\n\n";

    private final Target.Builder target = Target.builder();

    @Test
    void aPackageAsTheWriterMakesItHasNoFindings() {
        target.platform(Platform.named("kura-5.6"))
                .osArch("amd64")
                .jvmVersion("17.0.15+6")
                .freeBytes(1 << 20);
        assertEquals(List.of(), findings(BUNDLE));
    }

    @Test
    void whatIsNoArchiveIsNoPackage() {
        assertFound(Code.NOT_A_PACKAGE, "no zip".getBytes());
        assertFound(Code.NOT_A_PACKAGE, new byte[0]);
        byte[] whole = file(BUNDLE);
        assertTrue(codes(Arrays.copyOf(whole, whole.length / 2)).contains(Code.NOT_A_PACKAGE));
    }

    @Test
    void theManifestMustBeFirstAndComplete() {
        assertFound(
                Code.MANIFEST_NOT_FIRST,
                Jars.zip("bundles/a.jar", BUNDLE.bytes(), MANIFEST, HEAD + SECTION));
        assertFound(
                Code.HEADER_MISSING,
                raw("Manifest-Version: 1.0\nDeploymentPackage-Version: 1\n\n" + SECTION));
        assertFound(
                Code.HEADER_MISSING,
                raw("Manifest-Version: 1.0\nDeploymentPackage-SymbolicName: a\n\n" + SECTION));
        assertFound(Code.VERSION_INVALID, raw(HEAD.replace("1.0.0", "1.0.0-SNAPSHOT") + SECTION));
        assertFound(
                Code.FIX_PACKAGE,
                raw(HEAD.replace("\n\n", "\nDeploymentPackage-FixPack: [1,2)\n\n") + SECTION));
    }

    @Test
    void everyEntryMustBeAListedBundle() {
        byte[] jar = BUNDLE.bytes();
        String manifest = HEAD + SECTION;
        assertFound(
                Code.ENTRY_UNEXPECTED,
                Jars.zip(MANIFEST, manifest, "bundles/", "", "bundles/a.jar", jar));
        assertFound(
                Code.ENTRY_UNEXPECTED,
                Jars.zip(MANIFEST, manifest, "META-INF/A.SF", "x", "bundles/a.jar", jar));
        assertEquals(
                List.of(),
                codes(Jars.zip(MANIFEST, manifest, "bundles/a.jar", jar, "README", "x")));
        assertFound(Code.ENTRY_MISSING, Jars.zip(MANIFEST, manifest));
        assertFound(
                Code.RESOURCE_UNSUPPORTED,
                Jars.zip(
                        MANIFEST,
                        HEAD + "Name: model.onnx\nResource-Processor: p\n\n",
                        "model.onnx",
                        "x"));
        assertFound(
                Code.NAME_ILLEGAL,
                Jars.zip(MANIFEST, manifest.replace("a.jar", "a+b.jar"), "bundles/a+b.jar", jar));
        assertFound(
                Code.BUNDLE_UNREADABLE, Jars.zip(MANIFEST, manifest, "bundles/a.jar", "no jar"));
        assertFound(
                Code.BUNDLE_HEADERS_DIFFER,
                Jars.zip(MANIFEST, manifest, "bundles/a.jar", Jars.bundle("a", "1.0.1").bytes()));
        assertFound(
                Code.BUNDLE_TWICE,
                Jars.zip(
                        MANIFEST,
                        manifest + SECTION.replace("a.jar", "b.jar"),
                        "bundles/a.jar",
                        jar,
                        "bundles/b.jar",
                        jar));
    }

    @Test
    void readingSaysEverythingThatIsWrong() {
        DeploymentPackageException e =
                assertThrows(
                        DeploymentPackageException.class,
                        () ->
                                DeploymentPackage.read(
                                        Jars.zip(MANIFEST, "Manifest-Version: 1.0\n\n")));
        assertEquals(2, e.findings().size(), e.getMessage());
    }

    @Test
    void otherContentUnderAnInstalledVersionIsFound() {
        target.installed(new Installed("karu", V1, List.of(new InstalledBundle("a", V1))));
        target.known(BUNDLE);
        assertEquals(List.of(), findings(BUNDLE));
        assertEquals(
                List.of(Code.SAME_VERSION_OTHER_CONTENT),
                codes(file(Jars.bundle("a", "1.0.0", "Karu: changed"))));
        assertEquals(List.of(), codes(file(Jars.bundle("a", "1.0.1", "Karu: changed"))));
    }

    @Test
    void aBundleBelongsToOnePackage() {
        target.installed(
                new Installed("other", V1, List.of(new InstalledBundle("a", new Version("0.9")))));
        assertEquals(
                List.of(Code.BUNDLE_OF_ANOTHER_PACKAGE),
                findings(BUNDLE).stream().map(Finding::code).toList());
    }

    @Test
    void aBundleThatTheGatewayHasFromElsewhereIsFound() {
        target.bundles(List.of(new InstalledBundle("a", V1)));
        assertEquals(List.of(Code.BUNDLE_INSTALLED_OTHERWISE), codes(file(BUNDLE)));
    }

    @Test
    void importsAreSatisfiedByThePlatformThePackageAndOtherBundles() {
        Bundle importing =
                Jars.bundle(
                        "b",
                        "1.0.0",
                        "Import-Package: org.eclipse.kura;version=\"[1,2)\",org.slf4j;version=\"[1.7,3)\","
                                + "javax.net.ssl,java.util,io.karu.api.model;version=\"[0,1)\","
                                + "nowhere;resolution:=optional");
        target.platform(Platform.named("kura-6"));
        Finding missing = findings(importing).get(0);
        assertEquals(Code.IMPORT_UNSATISFIED, missing.code());
        assertTrue(missing.message().contains("io.karu.api.model"), missing.message());

        Bundle api =
                Jars.bundle(
                        "io.karu.api",
                        "1.0.0",
                        "Export-Package: io.karu.api.model;version=\"0.1.0\"");
        assertEquals(
                List.of(),
                codes(new DeploymentPackage("karu", V1, List.of(api, importing)).toBytes()));
        target.known(api);
        assertEquals(List.of(), findings(importing));
        assertEquals(
                List.of(Code.IMPORT_UNSATISFIED),
                codes(
                        file(
                                Jars.bundle(
                                        "b",
                                        "1",
                                        "Import-Package: javax.servlet;version=\"[3,4)\""))));
    }

    @Test
    void nativeCodeMustBeForTheProcessorAndNeedsARestart() {
        Bundle library =
                Jars.bundle(
                        "n",
                        "1.0.1",
                        "Bundle-NativeCode: lib/libx.so;osname=Linux;processor=x86-64");
        assertEquals(List.of(), codes(file(library)));
        target.osArch("amd64");
        assertEquals(List.of(), codes(file(library)));
        target.installed(new Installed("karu", V1, List.of(new InstalledBundle("n", V1))));
        List<Finding> findings = findings(library);
        assertEquals(
                List.of(Code.NATIVE_NEEDS_RESTART), findings.stream().map(Finding::code).toList());
        assertTrue(!findings.get(0).isError());
        target.osArch("aarch64");
        assertTrue(codes(file(library)).contains(Code.ARCHITECTURE));
    }

    @Test
    void classesMustRunOnTheGatewaysJava() {
        byte[] java17 = {(byte) 0xCA, (byte) 0xFE, (byte) 0xBA, (byte) 0xBE, 0, 0, 0, 61};
        byte[] java21 = {(byte) 0xCA, (byte) 0xFE, (byte) 0xBA, (byte) 0xBE, 0, 0, 0, 65};
        Bundle bundle =
                Jars.bundle(
                        "c",
                        "1.0.0",
                        Map.of("c/C.class", java17, "META-INF/versions/21/c/C.class", java21));
        assertEquals(17, bundle.javaVersion());
        for (final String old : List.of("1.8.0_402", "11.0.2", "25.402-b06")) {
            assertEquals(
                    List.of(Code.JAVA_TOO_OLD),
                    PackageChecker.check(file(bundle), Target.builder().jvmVersion(old).build())
                            .stream()
                            .map(Finding::code)
                            .toList());
        }
        assertEquals(
                List.of(),
                PackageChecker.check(
                        file(bundle), Target.builder().jvmVersion("25.0.1+8").build()));
    }

    @Test
    void thereMustBeSpaceForThreeCopies() {
        byte[] file = file(BUNDLE);
        target.freeBytes(file.length * 3L - 1);
        assertEquals(List.of(Code.SPACE), codes(file));
    }

    @Test
    void noBytesMakeTheCheckerThrow() {
        Random random = new Random(3);
        byte[] whole = file(BUNDLE);
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = Arrays.copyOf(whole, random.nextInt(whole.length + 1));
            for (int n = random.nextInt(5); n > 0 && bytes.length > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            PackageChecker.check(bytes, target.build());
        }
    }

    private void assertFound(Code code, byte[] file) {
        assertEquals(List.of(code), codes(file));
    }

    private List<Code> codes(byte[] file) {
        return PackageChecker.check(file, target.build()).stream().map(Finding::code).toList();
    }

    private List<Finding> findings(Bundle bundle) {
        return PackageChecker.check(file(bundle), target.build());
    }

    private static byte[] file(Bundle bundle) {
        return new DeploymentPackage("karu", V1, List.of(bundle)).toBytes();
    }

    private static byte[] raw(String manifest) {
        return Jars.zip(MANIFEST, manifest, "bundles/a.jar", BUNDLE.bytes());
    }
}
