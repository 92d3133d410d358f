package io.karu.gateway.launcher;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A deployment package, entry by entry, so that a test can also write one that breaks the rules.
 */
final class TestPackage {

    static final String MANIFEST = "META-INF/MANIFEST.MF";

    private final String name;
    private final String version;
    private final StringBuilder sections = new StringBuilder();
    private final Map<String, byte[]> entries = new LinkedHashMap<>();
    private boolean manifestLast;

    private TestPackage(String name, String version) {
        this.name = name;
        this.version = version;
    }

    static TestPackage named(String name, String version) {
        return new TestPackage(name, version);
    }

    static TestPackage of(TestBundle... bundles) throws Exception {
        return named(bundles[0].symbolicName() + ".package", bundles[0].version()).with(bundles);
    }

    TestPackage with(TestBundle... bundles) throws Exception {
        for (TestBundle bundle : bundles) {
            String entry = "bundles/" + bundle.symbolicName() + "_" + bundle.version() + ".jar";
            section(entry, bundle.symbolicName(), bundle.version()).entry(entry, bundle.bytes());
        }
        return this;
    }

    TestPackage section(String entry, String symbolicName, String bundleVersion) {
        sections.append("Name: ")
                .append(entry)
                .append("\r\n")
                .append("Bundle-SymbolicName: ")
                .append(symbolicName)
                .append("\r\n")
                .append("Bundle-Version: ")
                .append(bundleVersion)
                .append("\r\n\r\n");
        return this;
    }

    TestPackage entry(String entry, byte[] content) {
        entries.put(entry, content);
        return this;
    }

    TestPackage manifestLast() {
        manifestLast = true;
        return this;
    }

    String name() {
        return name;
    }

    byte[] bytes() throws IOException {
        String manifest =
                "Manifest-Version: 1.0\r\nDeploymentPackage-SymbolicName: "
                        + name
                        + "\r\nDeploymentPackage-Version: "
                        + version
                        + "\r\n\r\n"
                        + sections;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            if (!manifestLast) {
                write(zip, MANIFEST, manifest.getBytes(StandardCharsets.UTF_8));
            }
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                write(zip, entry.getKey(), entry.getValue());
            }
            if (manifestLast) {
                write(zip, MANIFEST, manifest.getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }

    private static void write(ZipOutputStream zip, String entry, byte[] content)
            throws IOException {
        zip.putNextEntry(new ZipEntry(entry));
        zip.write(content);
        zip.closeEntry();
    }

    ByteArrayInputStream stream() throws IOException {
        return new ByteArrayInputStream(bytes());
    }

    Path file(Path directory) throws IOException {
        return Files.write(directory.resolve(name + ".dp"), bytes());
    }
}
