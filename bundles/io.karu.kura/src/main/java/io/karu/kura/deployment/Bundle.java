package io.karu.kura.deployment;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.felix.utils.manifest.Clause;
import org.apache.felix.utils.manifest.Parser;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * A bundle as a deployment package carries it: its jar, and what its manifest says.
 *
 * <p>Immutable; the bytes are shared, not copied, and must be left unchanged.
 */
public final class Bundle {

    private static final int FIRST_JAVA_CLASS_VERSION = 44;
    private static final byte[] CLASS_MAGIC = {(byte) 0xCA, (byte) 0xFE, (byte) 0xBA, (byte) 0xBE};

    private final byte[] bytes;
    private final String symbolicName;
    private final Version version;
    private final Map<String, String> headers;
    private final int javaVersion;

    private Bundle(byte[] bytes, Map<String, String> headers, int javaVersion)
            throws DeploymentPackageException {
        this.bytes = bytes;
        this.headers = headers;
        this.javaVersion = javaVersion;
        this.symbolicName = symbolicName(headers);
        this.version = version(headers, symbolicName);
    }

    /**
     * The bundle in this jar.
     *
     * @throws DeploymentPackageException when the bytes are no jar, or no bundle
     */
    public static Bundle read(byte[] jar) throws DeploymentPackageException {
        Map<String, String> headers = null;
        int javaVersion = 0;
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(jar))) {
            Inflation inflation = new Inflation();
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                String name = entry.getName();
                if (name.equals("META-INF/MANIFEST.MF")) {
                    headers = headers(inflation.readAll(zip));
                } else if (name.endsWith(".class") && !name.startsWith("META-INF/")) {
                    javaVersion = Math.max(javaVersion, javaVersion(inflation.read(zip, 8)));
                }
                inflation.skip(zip);
            }
        } catch (IOException e) {
            throw new DeploymentPackageException(
                    Finding.Code.BUNDLE_UNREADABLE,
                    "jar",
                    "The jar cannot be read: " + e.getMessage());
        }
        if (headers == null) {
            throw new DeploymentPackageException(
                    Finding.Code.BUNDLE_UNREADABLE,
                    "jar",
                    "The " + jar.length + " bytes are no jar with a manifest");
        }
        return new Bundle(jar, headers, javaVersion);
    }

    /**
     * The bundle in the rest of this stream.
     *
     * @throws IOException when the stream cannot be read
     * @throws DeploymentPackageException when the bytes are no jar, or no bundle
     */
    public static Bundle read(InputStream jar) throws IOException, DeploymentPackageException {
        return read(jar.readAllBytes());
    }

    public String symbolicName() {
        return symbolicName;
    }

    public Version version() {
        return version;
    }

    /** The jar. */
    public byte[] bytes() {
        return bytes;
    }

    /** The name of its entry in a deployment package. */
    public String entryName() {
        return "bundles/" + symbolicName + "_" + version + ".jar";
    }

    /** A header of the manifest, as it stands there. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** The Java version that its newest class needs, for instance 17; 0 when it has no classes. */
    public int javaVersion() {
        return javaVersion;
    }

    /** Whether it brings native libraries that the framework loads. */
    public boolean isNative() {
        return headers.containsKey(Constants.BUNDLE_NATIVECODE);
    }

    /** What it exports. */
    public List<PackageExport> exports() {
        List<PackageExport> exports = new ArrayList<>();
        for (final Clause clause : clauses(Constants.EXPORT_PACKAGE)) {
            exports.add(PackageExport.of(clause));
        }
        return exports;
    }

    List<Clause> clauses(String header) {
        String value = headers.get(header);
        return value == null ? List.of() : List.of(Parser.parseHeader(value));
    }

    @Override
    public String toString() {
        return symbolicName + " " + version;
    }

    private static Map<String, String> headers(byte[] manifest) throws IOException {
        Attributes main =
                new java.util.jar.Manifest(new ByteArrayInputStream(manifest)).getMainAttributes();
        Map<String, String> headers = new LinkedHashMap<>();
        main.forEach((name, value) -> headers.put(name.toString(), value.toString()));
        return Collections.unmodifiableMap(headers);
    }

    private static int javaVersion(byte[] head) {
        boolean isClass =
                head.length == 8
                        && Objects.deepEquals(java.util.Arrays.copyOf(head, 4), CLASS_MAGIC);
        return isClass ? ((head[6] & 0xFF) << 8 | head[7] & 0xFF) - FIRST_JAVA_CLASS_VERSION : 0;
    }

    private static String symbolicName(Map<String, String> headers)
            throws DeploymentPackageException {
        String header = headers.get(Constants.BUNDLE_SYMBOLICNAME);
        if (header == null || header.isBlank()) {
            throw new DeploymentPackageException(
                    Finding.Code.BUNDLE_UNREADABLE, "jar", "The jar has no Bundle-SymbolicName");
        }
        return header.split(";", 2)[0].trim();
    }

    private static Version version(Map<String, String> headers, String symbolicName)
            throws DeploymentPackageException {
        String header = headers.get(Constants.BUNDLE_VERSION);
        try {
            return Version.parseVersion(header);
        } catch (IllegalArgumentException e) {
            throw new DeploymentPackageException(
                    Finding.Code.VERSION_INVALID,
                    symbolicName,
                    "Bundle-Version is \"" + header + "\", which is no OSGi version");
        }
    }
}
