package io.karu.aggregator.compression;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.GatewayReader;
import io.karu.kura.Method;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;

/**
 * Fetches the version that a gateway made, part by part, and goes on after any interruption where
 * it was ({@code GET/compression/version}, docs/contracts.md, 2).
 */
final class VersionFetch {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final long LARGEST = 512L << 20;

    private final GatewayReader gateways;
    private final Path folder;

    VersionFetch(GatewayReader gateways, Path folder) {
        this.gateways = gateways;
        this.folder = folder;
    }

    /**
     * The whole version as a zip file, to be deleted by the caller.
     *
     * @throws AggregatorException when the gateway cannot be asked now; what came so far is kept
     */
    Path fetch(Compression compression) throws IOException {
        Files.createDirectories(folder);
        Path file =
                folder.resolve(
                        compression.gateway().clientId().replaceAll("[^A-Za-z0-9.-]", "_")
                                + "-"
                                + compression.job()
                                + ".zip");
        try (FileChannel out =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            while (true) {
                long offset = out.size();
                JsonNode part = part(compression, offset);
                long size = part.path("size").asLong();
                byte[] data = Base64.getDecoder().decode(part.path("data").asText());
                if (size > LARGEST || offset > size || part.path("offset").asLong() != offset) {
                    out.truncate(0);
                    throw new AggregatorException(
                            Code.GATEWAY_REFUSED,
                            compression.gateway()
                                    + " gave a part at "
                                    + part.path("offset").asLong()
                                    + " of "
                                    + size
                                    + " bytes where "
                                    + offset
                                    + " was asked for");
                }
                ByteBuffer bytes = ByteBuffer.wrap(data);
                while (bytes.hasRemaining()) {
                    out.write(bytes, offset + bytes.position());
                }
                if (offset + data.length == size) {
                    out.force(true);
                    return file;
                }
                if (data.length == 0) {
                    throw new AggregatorException(
                            Code.GATEWAY_REFUSED, compression.gateway() + " gave an empty part");
                }
            }
        }
    }

    private JsonNode part(Compression compression, long offset) {
        return gateways.karu(
                compression.gateway(),
                Method.GET,
                "compression/version",
                Map.of("contract", 1, "job", compression.job(), "offset", offset),
                TIMEOUT);
    }
}
