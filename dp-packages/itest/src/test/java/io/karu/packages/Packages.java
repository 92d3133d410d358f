package io.karu.packages;

import io.karu.kura.deployment.Bundle;
import io.karu.kura.deployment.ContentVersion;
import io.karu.kura.deployment.DeploymentPackage;
import io.karu.kura.deployment.DeploymentPackageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The packages that the build has written. */
final class Packages {

    /** The folder of all packages; tests run in the folder of their module. */
    private static final Path FOLDER = Path.of("..");

    private Packages() {}

    /** The package of this name, as it is shipped. */
    static DeploymentPackage named(String name) {
        try (Stream<Path> files = Files.list(FOLDER.resolve(name).resolve("target"))) {
            Path file = files.filter(f -> f.toString().endsWith(".dp")).findFirst().orElseThrow();
            return DeploymentPackage.read(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (DeploymentPackageException e) {
            throw new AssertionError(name, e);
        }
    }

    /** The next version of a package: these bundles have changed, the others are the same bytes. */
    static DeploymentPackage changed(DeploymentPackage before, String... symbolicNames) {
        List<String> names = List.of(symbolicNames);
        List<Bundle> bundles =
                before.bundles().stream()
                        .map(
                                bundle ->
                                        names.contains(bundle.symbolicName())
                                                ? changed(bundle)
                                                : bundle)
                        .toList();
        return new DeploymentPackage(
                before.symbolicName(), ContentVersion.of(before.version(), bundles), bundles);
    }

    private static Bundle changed(Bundle bundle) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        Manifest manifest = new Manifest();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bundle.bytes()))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().equals("META-INF/MANIFEST.MF")) {
                    manifest.read(zip);
                } else {
                    entries.put(entry.getName(), zip.readAllBytes());
                }
            }
            entries.put("changed.txt", "changed".getBytes(StandardCharsets.UTF_8));
            return ContentVersion.stamp(Bundle.read(ContentVersion.jar(manifest, entries)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (DeploymentPackageException e) {
            throw new AssertionError(bundle.toString(), e);
        }
    }

    /** Every order of these elements. */
    static <T> List<List<T>> orders(List<T> elements) {
        if (elements.isEmpty()) {
            return List.of(List.of());
        }
        List<List<T>> orders = new ArrayList<>();
        for (final T first : elements) {
            List<T> rest = new ArrayList<>(elements);
            rest.remove(first);
            for (final List<T> order : orders(rest)) {
                List<T> whole = new ArrayList<>(List.of(first));
                whole.addAll(order);
                orders.add(whole);
            }
        }
        return orders;
    }
}
