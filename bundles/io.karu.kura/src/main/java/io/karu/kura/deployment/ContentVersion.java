package io.karu.kura.deployment;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * Gives bundles and packages versions that follow from their content: the qualifier is a digest of
 * everything but the version header itself. Same content, same version, same bytes; other content,
 * other version. So a bundle that did not change never refreshes those who import it, and one that
 * did is always replaced.
 */
public final class ContentVersion {

    private static final int DIGITS = 12;
    static final String MANIFEST = "META-INF/MANIFEST.MF";

    /**
     * What Maven leaves in a jar: it tells of the build, not of the bundle, and changes with every
     * dependency.
     */
    private static final String MAVEN = "META-INF/maven/";

    private ContentVersion() {}

    /**
     * A copy of the bundle whose Bundle-Version has the digest of its content as qualifier. Entries
     * keep their order, times become one fixed time, and Maven's own files are left out.
     *
     * @throws DeploymentPackageException when the stamped jar cannot be read back
     */
    public static Bundle stamp(Bundle bundle) throws DeploymentPackageException {
        Map<String, byte[]> entries = entries(bundle.bytes());
        Manifest manifest = manifest(entries.remove(MANIFEST));
        Version version = withQualifier(bundle.version(), digest(manifest, entries));
        manifest.getMainAttributes().putValue(Constants.BUNDLE_VERSION, version.toString());
        return Bundle.read(jar(manifest, entries));
    }

    /**
     * The version of a package of these bundles: the qualifier is a digest of their names and
     * versions.
     */
    public static Version of(Version base, Collection<Bundle> bundles) {
        MessageDigest sha256 = sha256();
        bundles.forEach(bundle -> update(sha256, bundle.toString(), new byte[0]));
        return withQualifier(base, hex(sha256));
    }

    /**
     * A jar of this manifest and these entries, in their order: the same input gives the same
     * bytes.
     *
     * @param manifest its attributes are written in their order
     * @param entries content by name
     */
    public static byte[] jar(Manifest manifest, Map<String, byte[]> entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ByteArrayOutputStream main = new ByteArrayOutputStream();
            manifest.write(main);
            Map<String, byte[]> all = new LinkedHashMap<>();
            all.put(MANIFEST, main.toByteArray());
            all.putAll(entries);
            write(all, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Writes entries in their order, all of one time. */
    static void write(Map<String, byte[]> entries, OutputStream to) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(to, StandardCharsets.UTF_8)) {
            for (final Map.Entry<String, byte[]> entry : entries.entrySet()) {
                put(zip, entry.getKey(), entry.getValue());
            }
        }
    }

    /** SHA-256 in hexadecimal. */
    static String sha256(byte[] content) {
        return HexFormat.of().formatHex(sha256().digest(content));
    }

    private static Version withQualifier(Version base, String qualifier) {
        return new Version(base.getMajor(), base.getMinor(), base.getMicro(), qualifier);
    }

    private static String digest(Manifest manifest, Map<String, byte[]> entries) {
        MessageDigest sha256 = sha256();
        Map<String, String> headers = new TreeMap<>();
        manifest.getMainAttributes()
                .forEach((name, value) -> headers.put(name.toString(), value.toString()));
        headers.remove(Constants.BUNDLE_VERSION);
        headers.forEach(
                (name, value) -> update(sha256, name, value.getBytes(StandardCharsets.UTF_8)));
        new TreeMap<>(manifest.getEntries())
                .forEach((name, section) -> update(sha256, name, section(section)));
        new TreeMap<>(entries).forEach((name, content) -> update(sha256, name, content));
        return hex(sha256);
    }

    private static byte[] section(Attributes attributes) {
        Map<String, String> sorted = new TreeMap<>();
        attributes.forEach((name, value) -> sorted.put(name.toString(), value.toString()));
        return sorted.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Lengths separate what follows from each other. */
    private static void update(MessageDigest digest, String name, byte[] content) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(8).putInt(bytes.length).putInt(content.length).array());
        digest.update(bytes);
        digest.update(content);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
    }

    static Manifest manifest(byte[] bytes) {
        try {
            return new Manifest(new ByteArrayInputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<String, byte[]> entries(byte[] jar) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(jar))) {
            Inflation inflation = new Inflation();
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (!entry.getName().startsWith(MAVEN)) {
                    entries.put(entry.getName(), inflation.readAll(zip));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return entries;
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(DeploymentPackage.TIME);
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
