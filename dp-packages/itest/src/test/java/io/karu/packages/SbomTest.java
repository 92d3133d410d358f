package io.karu.packages;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.karu.kura.deployment.Bundle;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The bill of materials of a package names what is inside, also what bnd copied into its bundles.
 */
class SbomTest {

    private static final Path BUNDLES = Path.of("../../bundles");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "karu-base",
                "karu-compression",
                "karu-natives-onnx-aarch64",
                "karu-natives-onnx-x86_64",
                "karu-page-jakarta",
                "karu-page-javax",
                "karu-station"
            })
    void itNamesExactlyWhatIsInside(String name) throws IOException {
        Map<String, Set<String>> listed = components(name);
        Set<String> inside = new TreeSet<>();
        Packages.named(name).bundles().forEach(bundle -> inside.add(bundle.symbolicName()));
        Set<String> unknown = new TreeSet<>();
        for (final String entry : classes(name)) {
            Set<String> from =
                    listed.entrySet().stream()
                            .filter(component -> component.getValue().contains(entry))
                            .map(Map.Entry::getKey)
                            .collect(Collectors.toSet());
            inside.addAll(from);
            if (from.isEmpty()) {
                unknown.add(entry);
            }
        }
        assertEquals(Set.of(), unknown, "of no listed component");
        assertEquals(new TreeSet<>(listed.keySet()), inside, "only what is inside is listed");
    }

    /** The components, and the classes that each has of its own. */
    private static Map<String, Set<String>> components(String name) throws IOException {
        Path file = Path.of("..", name, "target", name + ".cdx.json");
        assumeTrue(
                Files.exists(file), "the bill of materials is left out of builds that are offline");
        JsonObject sbom = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        Map<String, Set<String>> components = new HashMap<>();
        for (final JsonElement each : sbom.getAsJsonArray("components")) {
            JsonObject component = each.getAsJsonObject();
            String artifact = component.get("name").getAsString();
            String version = component.get("version").getAsString();
            components.put(
                    artifact,
                    component.get("group").getAsString().equals("io.karu")
                            ? ownClasses(artifact)
                            : classesOf(onClassPath(artifact + "-" + version + ".jar")));
        }
        assertTrue(!components.isEmpty(), file::toString);
        return components;
    }

    /** As compiled, before bnd copies anything. */
    private static Set<String> ownClasses(String artifact) throws IOException {
        Path classes = BUNDLES.resolve(artifact).resolve("target/classes");
        if (!Files.isDirectory(classes)) {
            return Set.of();
        }
        try (Stream<Path> files = Files.walk(classes)) {
            return files.filter(file -> file.toString().endsWith(".class"))
                    .map(
                            file ->
                                    classes.relativize(file)
                                            .toString()
                                            .replace(File.separatorChar, '/'))
                    .collect(Collectors.toSet());
        }
    }

    private static Path onClassPath(String jar) {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(path -> path.getFileName().toString().equals(jar))
                .findFirst()
                .orElseThrow(
                        () -> new AssertionError(jar + " is listed, and unknown to this test"));
    }

    private static Set<String> classesOf(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return zip.stream()
                    .map(ZipEntry::getName)
                    .filter(entry -> entry.endsWith(".class"))
                    .collect(Collectors.toSet());
        }
    }

    private static Set<String> classes(String name) throws IOException {
        Set<String> classes = new TreeSet<>();
        for (final Bundle bundle : Packages.named(name).bundles()) {
            try (ZipInputStream zip =
                    new ZipInputStream(new ByteArrayInputStream(bundle.bytes()))) {
                for (ZipEntry entry = zip.getNextEntry();
                        entry != null;
                        entry = zip.getNextEntry()) {
                    if (entry.getName().endsWith(".class")) {
                        classes.add(entry.getName());
                    }
                }
            }
        }
        return classes;
    }
}
