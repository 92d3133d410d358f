package io.karu.kura.deployment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarInputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Version;

class DeploymentPackageTest {

    private static final Version BASE = new Version("0.1.0");

    @Test
    void theManifestIsFirstAndItsSectionsFollowTheBundles() throws Exception {
        Bundle api = Jars.bundle("io.karu.api", "0.1.0.aaaa");
        Bundle models =
                Jars.bundle(
                        "io.karu.models.with.a.name.so.long.that.its.line.is.folded", "0.1.0.bbbb");
        DeploymentPackage karu =
                new DeploymentPackage("karu-base", new Version("0.1.0.cccc"), List.of(models, api));
        byte[] bytes = karu.toBytes();

        List<String> names = new ArrayList<>();
        try (JarInputStream jar = new JarInputStream(new ByteArrayInputStream(bytes))) {
            assertEquals(
                    "karu-base",
                    jar.getManifest()
                            .getMainAttributes()
                            .getValue("DeploymentPackage-SymbolicName"));
            assertEquals(
                    "0.1.0.cccc",
                    jar.getManifest().getMainAttributes().getValue("DeploymentPackage-Version"));
            for (ZipEntry entry = jar.getNextEntry(); entry != null; entry = jar.getNextEntry()) {
                names.add(entry.getName());
                assertEquals(
                        "0.1.0." + (names.size() == 1 ? "bbbb" : "aaaa"),
                        jar.getManifest()
                                .getAttributes(entry.getName())
                                .getValue("Bundle-Version"));
            }
        }
        assertEquals(List.of(models.entryName(), api.entryName()), names);
        assertEquals("bundles/io.karu.api_0.1.0.aaaa.jar", api.entryName());
        assertEquals("karu-base_0.1.0.cccc.dp", karu.fileName());
        String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
        assertTrue(
                text.indexOf("Name: " + models.entryName().substring(0, 40))
                        < text.indexOf("Name: " + api.entryName()));
    }

    @Test
    void whatIsWrittenIsReadAsItWas() throws Exception {
        DeploymentPackage written =
                new DeploymentPackage(
                        "karu-base", BASE, List.of(Jars.bundle("io.karu.api", "0.1.0")));
        DeploymentPackage read = DeploymentPackage.read(written.toBytes());
        assertEquals(written.symbolicName(), read.symbolicName());
        assertEquals(written.version(), read.version());
        assertArrayEquals(written.bundles().get(0).bytes(), read.bundles().get(0).bytes());
        assertArrayEquals(written.toBytes(), read.toBytes());
    }

    @Test
    void namesThatDeploymentAdminRefusesAreRefused() {
        List<Bundle> bundles = List.of(Jars.bundle("io.karu.api", "0.1.0"));
        assertThrows(
                IllegalArgumentException.class,
                () -> new DeploymentPackage("karu base", BASE, bundles));
        assertThrows(
                IllegalArgumentException.class,
                () -> new DeploymentPackage("karu", BASE, List.of()));
        assertThrows(
                IllegalArgumentException.class,
                () -> new DeploymentPackage("karu", BASE, List.of(bundles.get(0), bundles.get(0))));
    }

    @Test
    void theSameContentHasTheSameVersionAndTheSameBytes() throws Exception {
        Bundle first = Jars.bundle("io.karu.api", "0.1.0");
        Bundle again = Jars.bundle("io.karu.api", "0.1.0.SNAPSHOT");
        assertArrayEquals(ContentVersion.stamp(first).bytes(), ContentVersion.stamp(again).bytes());
        assertArrayEquals(
                ContentVersion.stamp(first).bytes(),
                ContentVersion.stamp(ContentVersion.stamp(first)).bytes());
        assertTrue(
                ContentVersion.stamp(first)
                        .version()
                        .toString()
                        .matches("0\\.1\\.0\\.[0-9a-f]{12}"));
    }

    @Test
    void otherContentHasAnotherVersion() throws Exception {
        Version version = ContentVersion.stamp(Jars.bundle("b", "1.0.0")).version();
        assertNotEquals(version, stamped(Map.of("content.txt", "c".getBytes())));
        assertNotEquals(version, stamped(Map.of("content2.txt", "b".getBytes())));
        assertNotEquals(
                version,
                stamped(
                        Map.of("content.txt", "b".getBytes()),
                        "Export-Package: b;version=\"1.1.0\""));
        assertEquals(version, stamped(Map.of("content.txt", "b".getBytes())));
    }

    @Test
    void whatMavenLeavesInAJarIsNoContent() throws Exception {
        Map<String, byte[]> entries = new HashMap<>(Map.of("content.txt", "b".getBytes()));
        Version version = stamped(entries);
        entries.put("META-INF/maven/g/b/pom.properties", "version=2".getBytes());
        assertEquals(version, stamped(entries));
    }

    @Test
    void aPackagesVersionFollowsFromItsBundles() {
        List<Bundle> bundles = List.of(Jars.bundle("a", "1.0.0.x"), Jars.bundle("b", "1.0.0.x"));
        Version version = ContentVersion.of(BASE, bundles);
        assertEquals(version, ContentVersion.of(BASE, bundles));
        assertNotEquals(
                version,
                ContentVersion.of(BASE, List.of(bundles.get(0), Jars.bundle("b", "1.0.0.y"))));
    }

    @Test
    void theCommandWritesOneFilePerPackage(@TempDir Path folder) throws Exception {
        Path api =
                Files.write(folder.resolve("api.jar"), Jars.bundle("io.karu.api", "0.1.0").bytes());
        Path out = folder.resolve("out");
        Main.main(new String[] {out.toString(), "karu-base", "0.1.0", api.toString()});
        Files.write(api, Jars.bundle("io.karu.api", "0.1.0", "Karu: changed").bytes());
        Main.main(new String[] {out.toString(), "karu-base", "0.1.0", api.toString()});
        try (Stream<Path> files = Files.list(out)) {
            List<Path> packages = files.toList();
            assertEquals(1, packages.size(), packages.toString());
            DeploymentPackage written = DeploymentPackage.read(Files.readAllBytes(packages.get(0)));
            assertEquals(written.fileName(), packages.get(0).getFileName().toString());
        }
    }

    private static Version stamped(Map<String, byte[]> entries, String... headers)
            throws DeploymentPackageException {
        return ContentVersion.stamp(Jars.bundle("b", "1.0.0", entries, headers)).version();
    }
}
