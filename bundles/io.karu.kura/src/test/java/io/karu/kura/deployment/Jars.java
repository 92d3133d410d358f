package io.karu.kura.deployment;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Small bundles and archives of any shape. */
final class Jars {

    private Jars() {}

    /** A bundle with these further headers ({@code "Name: value"}). */
    static Bundle bundle(String symbolicName, String version, String... headers) {
        return bundle(
                symbolicName, version, Map.of("content.txt", symbolicName.getBytes()), headers);
    }

    static Bundle bundle(
            String symbolicName, String version, Map<String, byte[]> entries, String... headers) {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Bundle-ManifestVersion", "2");
        manifest.getMainAttributes().putValue("Bundle-SymbolicName", symbolicName);
        manifest.getMainAttributes().putValue("Bundle-Version", version);
        Arrays.stream(headers)
                .map(header -> header.split(": ", 2))
                .forEach(header -> manifest.getMainAttributes().putValue(header[0], header[1]));
        try {
            return Bundle.read(ContentVersion.jar(manifest, new LinkedHashMap<>(entries)));
        } catch (DeploymentPackageException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** A ZIP file: names and contents in turn. */
    static byte[] zip(Object... namesAndContents) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < namesAndContents.length; i += 2) {
                zip.putNextEntry(new ZipEntry((String) namesAndContents[i]));
                Object content = namesAndContents[i + 1];
                zip.write(content instanceof byte[] b ? b : ((String) content).getBytes());
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
