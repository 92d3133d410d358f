package io.karu.kura.deployment;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.osgi.framework.Version;

/**
 * A deployment package: bundles that are installed, upgraded and removed together. The same name,
 * version and bundles always give the same bytes.
 *
 * @param symbolicName its name, the {@code dp.name} of Kura's DEPLOY-V2
 * @param version its version; the {@code dp.version}
 * @param bundles in the order in which they are started
 */
public record DeploymentPackage(String symbolicName, Version version, List<Bundle> bundles) {

    static final String SYMBOLIC_NAME = "DeploymentPackage-SymbolicName";
    static final String VERSION = "DeploymentPackage-Version";

    /** The earliest time that every ZIP tool reads alike. */
    static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    /**
     * @throws IllegalArgumentException when the name is not legal, when there is no bundle, or when
     *     two are the same
     */
    public DeploymentPackage {
        Objects.requireNonNull(version, "version");
        if (!symbolicName.matches("[A-Za-z0-9._-]+")) {
            throw new IllegalArgumentException(
                    "symbolicName may have letters, digits and . _ - only, but is \""
                            + symbolicName
                            + "\"");
        }
        bundles = List.copyOf(bundles);
        if (bundles.isEmpty()) {
            throw new IllegalArgumentException("The package " + symbolicName + " has no bundles");
        }
        long names = bundles.stream().map(Bundle::symbolicName).distinct().count();
        if (names < bundles.size()) {
            throw new IllegalArgumentException(
                    "The package " + symbolicName + " has a bundle twice: " + bundles);
        }
    }

    /**
     * The package in these bytes.
     *
     * @throws DeploymentPackageException when a DeploymentAdmin would not take it, with everything
     *     that is wrong
     */
    public static DeploymentPackage read(byte[] bytes) throws DeploymentPackageException {
        PackageFormat format = PackageFormat.scan(bytes);
        if (!format.findings().isEmpty()) {
            throw new DeploymentPackageException(format.findings());
        }
        return new DeploymentPackage(format.symbolicName(), format.version(), format.bundles());
    }

    /** The name that Kura gives to the file: {@code <name>_<version>.dp}. */
    public String fileName() {
        return symbolicName + "_" + version + ".dp";
    }

    /** The package as a file. */
    public byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            writeTo(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * Writes the package: the manifest first, then the bundles in order. Bundles are compressed
     * already, so nothing is compressed again, and the bytes depend on no ZIP library.
     */
    public void writeTo(OutputStream out) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8)) {
            zip.setMethod(ZipOutputStream.STORED);
            store(zip, "META-INF/MANIFEST.MF", manifest());
            for (final Bundle bundle : bundles) {
                store(zip, bundle.entryName(), bundle.bytes());
            }
        }
    }

    private byte[] manifest() throws IOException {
        Manifest main = new Manifest();
        main.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.getMainAttributes().putValue(SYMBOLIC_NAME, symbolicName);
        main.getMainAttributes().putValue(VERSION, version.toString());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        main.write(bytes);
        for (final Bundle bundle : bundles) {
            Map<String, String> section = new LinkedHashMap<>();
            section.put("Name", bundle.entryName());
            section.put("Bundle-SymbolicName", bundle.symbolicName());
            section.put("Bundle-Version", bundle.version().toString());
            section(bytes, section);
        }
        return bytes.toByteArray();
    }

    /**
     * {@link Manifest} keeps its sections in hash order; DeploymentAdmin wants the order of the
     * entries.
     */
    private static void section(ByteArrayOutputStream bytes, Map<String, String> headers) {
        headers.forEach(
                (name, value) -> {
                    StringBuilder line = new StringBuilder(name + ": " + value);
                    for (int end = 70; end < line.length(); end += 73) {
                        line.insert(end, "\r\n ");
                    }
                    bytes.writeBytes(
                            line.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
                });
        bytes.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(TIME);
        entry.setSize(content.length);
        entry.setCompressedSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        new ByteArrayInputStream(content).transferTo(zip);
        zip.closeEntry();
    }
}
