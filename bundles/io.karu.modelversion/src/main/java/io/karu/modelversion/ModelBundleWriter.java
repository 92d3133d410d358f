package io.karu.modelversion;

import io.karu.modelversion.signing.Envelope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.time.LocalDateTime;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;

/**
 * Wraps a model version as a model bundle. The same version and counter give the same bytes, on any
 * machine.
 */
public final class ModelBundleWriter {
    private static final LocalDateTime TIME = LocalDateTime.of(2026, 1, 1, 0, 0);

    private ModelBundleWriter() {}

    /** Symbolic name of the bundle: {@code karu.model.<name>}. */
    public static String symbolicName(ModelVersionFolder folder) {
        return "karu.model." + folder.card().name();
    }

    /**
     * Version of the bundle and of its deployment package: {@code 0.<counter>.0.<first 12 hex
     * digits>}.
     *
     * @param counter counts the versions of this model name, from 0
     */
    public static String version(ModelVersionFolder folder, int counter) {
        if (counter < 0) {
            throw new IllegalArgumentException("counter must be at least 0, was " + counter);
        }
        return "0." + counter + ".0." + folder.digest().abbreviated();
    }

    /** The bytes of the bundle of a version that nobody signed. */
    public static byte[] write(ModelVersionFolder folder, int counter) throws IOException {
        ByteArrayOutputStream out =
                new ByteArrayOutputStream((int) Math.min(folder.bytes(), 1 << 30));
        write(folder, counter, Optional.empty(), out);
        return out.toByteArray();
    }

    /**
     * Writes the bundle; does not close the stream.
     *
     * @param release the signed release with the same counter, so that another signature makes
     *     another bundle version; absent when nobody signed
     */
    public static void write(
            ModelVersionFolder folder, int counter, Optional<Envelope> release, OutputStream out)
            throws IOException {
        JarOutputStream jar = new JarOutputStream(out);
        ByteArrayOutputStream manifest = new ByteArrayOutputStream();
        manifest(folder, counter).write(manifest);
        add(jar, JarFile.MANIFEST_NAME, manifest.toByteArray());
        if (release.isPresent()) {
            add(jar, ModelHeader.RELEASE, release.get().toBytes());
        }
        for (String path : folder.files().keySet()) {
            add(jar, ModelHeader.FOLDER + path, Files.readAllBytes(folder.root().resolve(path)));
        }
        jar.finish();
    }

    /** Stored, not deflated: deflated bytes differ between zlib builds. */
    private static void add(JarOutputStream jar, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(TIME);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        jar.putNextEntry(entry);
        jar.write(content);
        jar.closeEntry();
    }

    private static Manifest manifest(ModelVersionFolder folder, int counter) {
        String name = folder.card().name();
        String version = folder.card().version();
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", symbolicName(folder));
        main.putValue("Bundle-Version", version(folder, counter));
        main.putValue("Bundle-Name", "Model " + name + " " + version);
        main.putValue("Bundle-Vendor", "Karu");
        main.putValue(ModelHeader.NAME, new ModelHeader(name, version, folder.digest()).toString());
        main.putValue(
                "Provide-Capability",
                "karu.model;name=\""
                        + name
                        + "\";version=\""
                        + version
                        + "\";digest=\""
                        + folder.digest()
                        + "\"");
        return manifest;
    }
}
