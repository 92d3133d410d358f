package io.karu.bench.swap;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.karu.kura.deployment.Bundle;
import io.karu.kura.deployment.ContentVersion;
import io.karu.kura.deployment.DeploymentPackage;
import io.karu.kura.deployment.DeploymentPackageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarInputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * Other versions of what this build made: the same code and graph under another content, or one
 * that is broken on purpose.
 */
public final class Variants {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Variants() {}

    /**
     * A package whose bundles have the same code and another content, so that all of them are
     * replaced.
     */
    public static Path packageOf(Path original, int number, Path directory)
            throws IOException, DeploymentPackageException {
        return rewrite(original, directory, "variant-" + number, manifest -> {});
    }

    /** A package whose bundles import a package that no gateway has: they cannot resolve. */
    static Path unresolvablePackageOf(Path original, Path directory)
            throws IOException, DeploymentPackageException {
        return rewrite(
                original,
                directory,
                "unresolvable",
                manifest ->
                        manifest.getMainAttributes()
                                .putValue(
                                        "Import-Package",
                                        manifest.getMainAttributes().getValue("Import-Package")
                                                + ",io.karu.nowhere;version=\"[1,2)\""));
    }

    private interface ManifestEdit {
        void apply(Manifest manifest);
    }

    private static Path rewrite(Path original, Path directory, String marker, ManifestEdit edit)
            throws IOException, DeploymentPackageException {
        DeploymentPackage read = DeploymentPackage.read(Files.readAllBytes(original));
        List<Bundle> bundles = new ArrayList<>();
        for (Bundle bundle : read.bundles()) {
            bundles.add(
                    ContentVersion.stamp(Bundle.read(withMarker(bundle.bytes(), marker, edit))));
        }
        DeploymentPackage variant =
                new DeploymentPackage(
                        read.symbolicName(), ContentVersion.of(read.version(), bundles), bundles);
        Path file = directory.resolve(variant.fileName());
        Files.createDirectories(directory);
        Files.write(file, variant.toBytes());
        return file;
    }

    private static byte[] withMarker(byte[] jar, String marker, ManifestEdit edit)
            throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        Manifest manifest;
        try (JarInputStream in = new JarInputStream(new ByteArrayInputStream(jar))) {
            manifest = in.getManifest();
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                entries.put(entry.getName(), in.readAllBytes());
            }
        }
        edit.apply(manifest);
        entries.put("META-INF/karu-bench", marker.getBytes(StandardCharsets.UTF_8));
        return ContentVersion.jar(manifest, entries);
    }

    /** A model version with the same graph, under another label and so another digest. */
    static Path modelOf(Path original, String label, Path directory) throws IOException {
        return modelOf(original, label, directory, Map.of());
    }

    /** The same with other parameters on its card. */
    public static Path modelOf(
            Path original, String label, Path directory, Map<String, Double> parameters)
            throws IOException {
        Path copy = copy(original, directory.resolve("model-" + label));
        Path card = copy.resolve("model.json");
        ObjectNode json = (ObjectNode) JSON.readTree(card.toFile());
        json.put("version", label);
        parameters.forEach(json.withObject("/parameters")::put);
        Files.writeString(card, json.toPrettyString());
        return copy;
    }

    /** A model version whose recorded golden output is not what its graph computes. */
    static Path modelWithWrongGolden(Path original, Path directory) throws IOException {
        Path copy = modelOf(original, "wrong-golden", directory);
        alterGolden(copy);
        return copy;
    }

    /** Turns over bits of one golden output of a version's folder. */
    static void alterGolden(Path version) throws IOException {
        try (Stream<Path> golden = Files.list(version.resolve("golden"))) {
            Path output =
                    golden.filter(file -> file.getFileName().toString().contains(".out."))
                            .findFirst()
                            .orElseThrow(() -> new IOException("no golden output in " + version));
            byte[] values = Files.readAllBytes(output);
            for (int i = 2; i < values.length; i += 4) {
                values[i] ^= (byte) 0x7f;
            }
            Files.write(output, values);
        }
    }

    private static Path copy(Path original, Path target) throws IOException {
        try (Stream<Path> files = Files.walk(original)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path to = target.resolve(original.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(file, to, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        return target;
    }
}
