package io.karu.gateway.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The bill of materials of the gateway's folder names what is in it. */
class SbomIT {

    private static final Path DISTRIBUTION = Path.of(System.getProperty("distribution"));
    private static final Path BUNDLES = Path.of("../../bundles");

    /** SHA-256 by artifact. */
    private static final Map<String, String> LISTED = new TreeMap<>();

    @BeforeAll
    static void read() throws IOException {
        Path file = DISTRIBUTION.resolveSibling("dev-gateway.cdx.json");
        assumeTrue(
                Files.exists(file), "the bill of materials is left out of builds that are offline");
        JsonObject sbom = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        for (JsonElement each : sbom.getAsJsonArray("components")) {
            JsonObject component = each.getAsJsonObject();
            String sha256 = "";
            for (JsonElement hash : component.getAsJsonArray("hashes")) {
                if (hash.getAsJsonObject().get("alg").getAsString().equals("SHA-256")) {
                    sha256 = hash.getAsJsonObject().get("content").getAsString();
                }
            }
            LISTED.put(component.get("name").getAsString(), sha256);
        }
    }

    @Test
    void itNamesEveryJarOfTheFolderWithItsHashAndNothingElse() throws Exception {
        Map<String, String> found = new TreeMap<>();
        for (Path jar : jars()) {
            String hash =
                    HexFormat.of()
                            .formatHex(
                                    MessageDigest.getInstance("SHA-256")
                                            .digest(Files.readAllBytes(jar)));
            found.put(artifact(jar), hash);
        }
        Map<String, String> listed = new TreeMap<>(LISTED);
        listed.keySet().removeAll(copiedIn().keySet());
        assertEquals(found, listed);
    }

    @Test
    void itNamesWhatBndCopiedIntoKarusBundles() throws IOException {
        Map<String, Set<String>> sources = copiedIn();
        Set<String> used = new TreeSet<>();
        Set<String> unknown = new TreeSet<>();
        for (Path jar : jars()) {
            String artifact = artifact(jar);
            if (!artifact.startsWith("io.karu.")) {
                continue;
            }
            Set<String> own = compiled(artifact);
            for (String entry : classes(jar)) {
                Optional<String> from =
                        sources.entrySet().stream()
                                .filter(source -> source.getValue().contains(entry))
                                .map(Map.Entry::getKey)
                                .findFirst();
                from.ifPresent(used::add);
                if (from.isEmpty() && !own.contains(entry)) {
                    unknown.add(artifact + ": " + entry);
                }
            }
        }
        assertEquals(Set.of(), unknown, "of no listed component");
        assertEquals(sources.keySet(), used, "only what is inside is listed");
    }

    /** The listed components that are no jars of the folder, and their classes. */
    private static Map<String, Set<String>> copiedIn() throws IOException {
        Set<String> jars = jars().stream().map(SbomIT::artifact).collect(Collectors.toSet());
        Map<String, Set<String>> copied = new HashMap<>();
        for (String artifact : LISTED.keySet()) {
            if (!jars.contains(artifact)) {
                copied.put(
                        artifact,
                        artifact.startsWith("io.karu.")
                                ? compiled(artifact)
                                : classes(onClassPath(artifact)));
            }
        }
        return copied;
    }

    private static Set<Path> jars() throws IOException {
        Set<Path> jars = new TreeSet<>();
        for (String folder : Set.of("lib", "bundles")) {
            try (Stream<Path> files = Files.walk(DISTRIBUTION.resolve(folder))) {
                files.filter(file -> file.toString().endsWith(".jar")).forEach(jars::add);
            }
        }
        return jars;
    }

    private static String artifact(Path jar) {
        return jar.getFileName().toString().replaceFirst("(-\\d[^/]*)?\\.jar$", "");
    }

    /** As compiled, before bnd copies anything. */
    private static Set<String> compiled(String artifact) throws IOException {
        Path classes = BUNDLES.resolve(artifact).resolve("target/classes");
        try (Stream<Path> files = Files.walk(classes)) {
            return files.map(file -> classes.relativize(file).toString())
                    .map(name -> name.replace(File.separatorChar, '/'))
                    .filter(name -> name.endsWith(".class"))
                    .collect(Collectors.toSet());
        }
    }

    private static Path onClassPath(String artifact) {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(path -> artifact(path).equals(artifact))
                .findFirst()
                .orElseThrow(() -> new AssertionError(artifact + " is listed, and in no jar"));
    }

    private static Set<String> classes(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return zip.stream()
                    .map(ZipEntry::getName)
                    .filter(entry -> entry.endsWith(".class"))
                    .collect(Collectors.toSet());
        }
    }
}
