package io.karu.uplink;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a package consists of ({@code docs/contracts.md} §3): pieces of one size, the last one
 * smaller, each known by its SHA-256.
 */
record ChunkList(String sha256, long size, int chunkBytes, List<String> chunks) {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
    private static final int LEAST_CHUNK = 4 << 10;
    private static final int LARGEST_CHUNK = 16 << 20;

    /** Kura parses a length as a 32-bit number. */
    private static final long LARGEST_PACKAGE = Integer.MAX_VALUE;

    ChunkList {
        chunks = List.copyOf(chunks);
        if (size < 1 || size > LARGEST_PACKAGE) {
            throw new IllegalArgumentException(
                    "a package of " + size + " bytes; 1 to " + LARGEST_PACKAGE + " are possible");
        }
        if (chunkBytes < LEAST_CHUNK || chunkBytes > LARGEST_CHUNK) {
            throw new IllegalArgumentException(
                    "chunks of "
                            + chunkBytes
                            + " bytes; "
                            + LEAST_CHUNK
                            + " to "
                            + LARGEST_CHUNK
                            + " are possible");
        }
        if (chunks.size() != (size + chunkBytes - 1) / chunkBytes) {
            throw new IllegalArgumentException(
                    chunks.size() + " chunks of " + chunkBytes + " bytes do not make " + size);
        }
        if (!HEX.matcher(sha256).matches()
                || !chunks.stream().allMatch(c -> HEX.matcher(c).matches())) {
            throw new IllegalArgumentException("a digest that is not SHA-256 in hexadecimal");
        }
    }

    /**
     * Reads the aggregator's answer.
     *
     * @throws IOException when it is not what the contract says, or of another package
     */
    static ChunkList parse(String json, String wanted) throws IOException {
        try {
            JsonObject body = JsonParser.parseString(json).getAsJsonObject();
            List<String> chunks = new ArrayList<>();
            for (JsonElement chunk : body.getAsJsonArray("chunks")) {
                chunks.add(chunk.getAsString());
            }
            ChunkList list =
                    new ChunkList(
                            body.get("sha256").getAsString(),
                            body.get("size").getAsLong(),
                            body.get("chunkBytes").getAsInt(),
                            chunks);
            if (!list.sha256().equals(wanted)) {
                throw new IOException("the chunks of " + list.sha256() + " were answered");
            }
            return list;
        } catch (RuntimeException e) {
            throw new IOException("the list of chunks is not as agreed: " + e.getMessage(), e);
        }
    }

    long offset(int index) {
        return (long) index * chunkBytes;
    }

    int length(int index) {
        return (int) Math.min(chunkBytes, size - offset(index));
    }
}
