package io.karu.testbed;

import io.karu.kura.deployment.BundleSigner;
import io.karu.kura.deployment.DeploymentPackageException;
import io.karu.kura.deployment.Sign;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Where a build of the repository left what a test bed runs and installs. */
final class Build {
    private final Path root;

    Build(Path root) {
        this.root = root;
    }

    /** The development gateway. */
    Path gateway() {
        return root.resolve("dp-packages/dev-gateway/target/dev-gateway/gateway.jar");
    }

    /** Class path of the aggregator. */
    String libraries() {
        return root.resolve("cloud-aggregator/bench/target/lib").resolve("*").toString();
    }

    Path modelFolder(String name) {
        return root.resolve("cloud-aggregator/golden-template/target/models").resolve(name);
    }

    /** Of a model that is kept with the sources. */
    Path shippedModelFolder(String name) {
        return root.resolve("cloud-aggregator/board-model").resolve(name);
    }

    /**
     * The only {@code .dp} of a package.
     *
     * @throws IOException when it was not built
     */
    Path packageFile(String name) throws IOException {
        Path target = root.resolve("dp-packages").resolve(name).resolve("target");
        return onlyPackage(target)
                .orElseThrow(
                        () ->
                                new IOException(
                                        "package " + name + " was not built: no .dp in " + target));
    }

    /** A signed copy of the package, which stays as long as the build is the same. */
    Path signedPackage(String name, BundleSigner signer, Path folder) throws IOException {
        Path built = packageFile(name);
        Path copies = folder.resolve(built.getFileName());
        Optional<Path> known = onlyPackage(copies);
        if (known.isPresent()) {
            return known.get();
        }
        try {
            return Sign.sign(signer, built, copies);
        } catch (DeploymentPackageException e) {
            throw new IOException(built + " cannot be signed: " + e.getMessage(), e);
        }
    }

    private static Optional<Path> onlyPackage(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".dp")).findFirst();
        }
    }

    /** Packs a folder into a zip file. */
    static void zip(Path folder, Path zip) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip));
                Stream<Path> files = Files.walk(folder)) {
            for (Path file :
                    (Iterable<Path>) files.filter(Files::isRegularFile).sorted()::iterator) {
                out.putNextEntry(
                        new ZipEntry(folder.relativize(file).toString().replace('\\', '/')));
                Files.copy(file, out);
                out.closeEntry();
            }
        }
    }
}
