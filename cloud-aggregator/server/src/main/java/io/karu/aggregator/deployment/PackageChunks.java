package io.karu.aggregator.deployment;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Secrets;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Packages in chunks, each known by its SHA-256, for gateways that fetch them themselves
 * (docs/contracts.md, 3). A gateway gets those of its own unfinished jobs. Thread-safe.
 */
public final class PackageChunks {
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int MOST_JOBS = 100;
    private static final int MOST_KNOWN = 50;

    private final DeploymentService deployments;
    private final PackageRepository packages;

    /** A package never changes, so neither do its chunks. */
    private final Map<String, ChunkList> known =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, ChunkList> eldest) {
                    return size() > MOST_KNOWN;
                }
            };

    /**
     * What a package consists of.
     *
     * @param sha256 of the whole file
     * @param chunkBytes of every chunk but the last, which may be smaller
     * @param chunks the SHA-256 of each, in order
     */
    public record ChunkList(
            int contract, String sha256, long size, int chunkBytes, List<String> chunks) {
        public ChunkList {
            chunks = List.copyOf(chunks);
        }
    }

    public PackageChunks(DeploymentService deployments, PackageRepository packages) {
        this.deployments = deployments;
        this.packages = packages;
    }

    /**
     * The chunks of a package.
     *
     * @param sha256 of the package, in hexadecimal
     * @throws AggregatorException {@code DOWNLOAD_NOT_FOUND} when no unfinished job of this gateway
     *     installs it
     */
    public ChunkList list(GatewayId gateway, String sha256) throws IOException {
        PackageId id = require(gateway, sha256);
        synchronized (known) {
            ChunkList list = known.get(sha256);
            if (list != null) {
                return list;
            }
        }
        ChunkList list = read(packages.file(id), sha256);
        synchronized (known) {
            known.put(sha256, list);
        }
        return list;
    }

    /**
     * One chunk.
     *
     * @throws AggregatorException {@code DOWNLOAD_NOT_FOUND} also when the package has no such
     *     chunk
     */
    public byte[] chunk(GatewayId gateway, String sha256, String chunk) throws IOException {
        ChunkList list = list(gateway, sha256);
        int index = list.chunks().indexOf(chunk);
        if (index < 0) {
            throw new AggregatorException(
                    Code.DOWNLOAD_NOT_FOUND, "package " + sha256 + " has no chunk " + chunk);
        }
        long offset = (long) index * list.chunkBytes();
        byte[] content = new byte[(int) Math.min(list.chunkBytes(), list.size() - offset)];
        try (RandomAccessFile file =
                new RandomAccessFile(packages.file(require(gateway, sha256)).toFile(), "r")) {
            file.seek(offset);
            file.readFully(content);
        }
        return content;
    }

    private PackageId require(GatewayId gateway, String sha256) {
        return deployments
                .list(new JobQuery(Optional.of(gateway), true, Optional.empty(), MOST_JOBS))
                .stream()
                .flatMap(PackageChunks::target)
                .filter(
                        id ->
                                packages.find(id)
                                        .filter(stored -> stored.sha256().equals(sha256))
                                        .isPresent())
                .findFirst()
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.DOWNLOAD_NOT_FOUND,
                                        "no unfinished job of " + gateway + " installs " + sha256));
    }

    private static java.util.stream.Stream<PackageId> target(Job job) {
        if (job.restoring()) {
            return job.previous().stream();
        }
        return job.order() instanceof Order.InstallPackage install
                ? java.util.stream.Stream.of(install.packageId())
                : java.util.stream.Stream.empty();
    }

    private static ChunkList read(Path file, String sha256) throws IOException {
        List<String> chunks = new ArrayList<>();
        long size = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (byte[] chunk = in.readNBytes(CHUNK_BYTES);
                    chunk.length > 0;
                    chunk = in.readNBytes(CHUNK_BYTES)) {
                chunks.add(HexFormat.of().formatHex(Secrets.sha256().digest(chunk)));
                size += chunk.length;
            }
        }
        return new ChunkList(1, sha256, size, CHUNK_BYTES, chunks);
    }
}
