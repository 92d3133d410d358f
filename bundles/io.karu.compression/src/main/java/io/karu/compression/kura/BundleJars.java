package io.karu.compression.kura;

import io.karu.compression.gateway.WorkerClassPath;
import io.karu.modelversion.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.osgi.framework.Bundle;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleWire;
import org.osgi.framework.wiring.BundleWiring;

/**
 * Makes a plain class path of running bundles for a worker's JVM: the classes of this bundle, of
 * the engine's, and of those that they are wired to for Karu's contracts, ONNX Runtime, gson and
 * slf4j. Each bundle becomes a jar below Kura's data directory, named by its content; native
 * libraries are where the natives bundle has put them.
 */
final class BundleJars {
    private static final String NATIVE_PATH = "onnxruntime.native.path";
    private static final List<String> WANTED =
            List.of("io.karu.", "ai.onnxruntime", "com.google.gson", "org.slf4j");

    private final Path folder;

    BundleJars(Path folder) {
        this.folder = folder;
    }

    /** Writes the jars that are not there yet, and removes those that are not needed any more. */
    WorkerClassPath of(Bundle own, Bundle engine) throws IOException {
        Files.createDirectories(folder);
        List<Path> jars = new ArrayList<>();
        for (Bundle bundle : bundles(own, engine)) {
            jars.add(jar(bundle));
        }
        try (var files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                if (!jars.contains(file)) {
                    Files.delete(file);
                }
            }
        }
        String natives = System.getProperty(NATIVE_PATH);
        return new WorkerClassPath(
                jars, natives == null ? List.of() : List.of("-D" + NATIVE_PATH + "=" + natives));
    }

    private static Collection<Bundle> bundles(Bundle... first) {
        List<Bundle> found = new ArrayList<>(Arrays.asList(first));
        for (Bundle bundle : first) {
            BundleWiring wiring = bundle.adapt(BundleWiring.class);
            for (BundleWire wire : wiring.getRequiredWires(PackageNamespace.PACKAGE_NAMESPACE)) {
                String name =
                        (String)
                                wire.getCapability()
                                        .getAttributes()
                                        .get(PackageNamespace.PACKAGE_NAMESPACE);
                Bundle provider = wire.getProvider().getBundle();
                if (WANTED.stream().anyMatch(name::startsWith)
                        && provider.getBundleId() != 0
                        && !found.contains(provider)) {
                    found.add(provider);
                }
            }
        }
        return found;
    }

    private Path jar(Bundle bundle) throws IOException {
        byte[] content = content(bundle);
        Path jar = folder.resolve(bundle.getSymbolicName() + "-" + hash(content) + ".jar");
        if (!Files.exists(jar)) {
            Path aside = Files.createTempFile(folder, "jar", ".part");
            Files.write(aside, content);
            Files.move(aside, jar, StandardCopyOption.ATOMIC_MOVE);
        }
        return jar;
    }

    /** The bundle's classes and services, in order and without times. */
    private static byte[] content(Bundle bundle) throws IOException {
        TreeMap<String, URL> entries = new TreeMap<>();
        Set<URL> seen = new HashSet<>();
        collect(bundle, "*.class", "/", entries, seen);
        collect(bundle, "*", "/META-INF/services", entries, seen);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (String path : entries.keySet()) {
                byte[] entry;
                try (InputStream in = entries.get(path).openStream()) {
                    entry = in.readAllBytes();
                }
                ZipEntry header = new ZipEntry(path);
                header.setTime(0);
                header.setMethod(ZipEntry.STORED);
                header.setSize(entry.length);
                CRC32 crc = new CRC32();
                crc.update(entry);
                header.setCrc(crc.getValue());
                zip.putNextEntry(header);
                zip.write(entry);
                zip.closeEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static void collect(
            Bundle bundle,
            String pattern,
            String below,
            TreeMap<String, URL> entries,
            Set<URL> seen) {
        Enumeration<URL> found = bundle.findEntries(below, pattern, true);
        if (found == null) {
            return;
        }
        for (URL url : Collections.list(found)) {
            String path = url.getPath().replaceFirst("^/", "");
            if (!path.endsWith("/") && seen.add(url)) {
                entries.put(path, url);
            }
        }
    }

    private static String hash(byte[] content) {
        return Sha256.of(content).hex().substring(0, 16);
    }
}
