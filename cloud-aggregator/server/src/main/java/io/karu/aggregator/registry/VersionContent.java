package io.karu.aggregator.registry;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.deployment.PackageRepository;
import io.karu.aggregator.store.Secrets;
import io.karu.modelversion.ModelHeader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The files of a version, read from the package that wraps it. Thread-safe. */
public final class VersionContent {
    private final PackageRepository packages;

    /**
     * One file.
     *
     * @param path inside the version
     * @param sha256 64 hexadecimal digits
     */
    public record VersionFile(String path, long bytes, String sha256) {}

    public VersionContent(PackageRepository packages) {
        this.packages = packages;
    }

    /** Every file by path. */
    public List<VersionFile> files(ModelVersion version) throws IOException {
        List<VersionFile> files = new ArrayList<>();
        read(
                version,
                (path, content) -> {
                    MessageDigest digest = Secrets.sha256();
                    long bytes =
                            new DigestInputStream(content, digest)
                                    .transferTo(OutputStream.nullOutputStream());
                    files.add(
                            new VersionFile(
                                    path, bytes, HexFormat.of().formatHex(digest.digest())));
                    return true;
                });
        files.sort(Comparator.comparing(VersionFile::path));
        return files;
    }

    /**
     * Writes one file.
     *
     * @return whether the version has it
     */
    public boolean copy(ModelVersion version, String path, OutputStream to) throws IOException {
        boolean[] found = new boolean[1];
        read(
                version,
                (name, content) -> {
                    if (name.equals(path)) {
                        content.transferTo(to);
                        found[0] = true;
                    }
                    return !found[0];
                });
        return found[0];
    }

    /** Writes every file into a folder, which is made. */
    public void unpack(ModelVersion version, Path folder) throws IOException {
        read(
                version,
                (path, content) -> {
                    Path file = folder.resolve(path).normalize();
                    if (!file.startsWith(folder)) {
                        throw new IOException(path + " leaves its folder");
                    }
                    Files.createDirectories(file.getParent());
                    Files.copy(content, file);
                    return true;
                });
    }

    /** The signed release; absent when nobody signed. */
    public Optional<byte[]> release(ModelVersion version) throws IOException {
        byte[][] found = new byte[1][];
        walk(
                version,
                (name, content) -> {
                    if (name.equals(ModelHeader.RELEASE)) {
                        found[0] = content.readAllBytes();
                    }
                    return found[0] == null;
                });
        return Optional.ofNullable(found[0]);
    }

    private interface Visitor {
        /** Whether to go on. */
        boolean visit(String path, InputStream content) throws IOException;
    }

    private void read(ModelVersion version, Visitor visitor) throws IOException {
        walk(
                version,
                (name, content) ->
                        !name.startsWith(ModelHeader.FOLDER)
                                || visitor.visit(
                                        name.substring(ModelHeader.FOLDER.length()), content));
    }

    private void walk(ModelVersion version, Visitor visitor) throws IOException {
        try (ZipInputStream dp =
                new ZipInputStream(Files.newInputStream(packages.file(version.packageId())))) {
            for (ZipEntry entry = dp.getNextEntry(); entry != null; entry = dp.getNextEntry()) {
                if (!entry.getName().endsWith(".jar")) {
                    continue;
                }
                ZipInputStream jar = new ZipInputStream(dp);
                for (ZipEntry file = jar.getNextEntry(); file != null; file = jar.getNextEntry()) {
                    if (!file.isDirectory() && !visitor.visit(file.getName(), jar)) {
                        return;
                    }
                }
                return;
            }
        }
        throw new AggregatorException(
                Code.STORAGE_FAILED, version.packageId() + " holds no model bundle");
    }
}
