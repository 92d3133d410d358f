package io.karu.aggregator.blob;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Secrets;
import io.karu.aggregator.store.Upsert;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;

/** Blobs in a {@link ContentStore}, with rows that say whose they are. */
public final class DatabaseBlobStore implements BlobStore {
    private final ContentStore files;
    private final Jdbi jdbi;
    private final BlobLimits limits;

    public DatabaseBlobStore(ContentStore files, Database database, BlobLimits limits) {
        this.files = files;
        this.jdbi = database.jdbi();
        this.limits = limits;
    }

    @Override
    public Put put(GatewayId gateway, String hex, String contentType, InputStream content)
            throws IOException {
        requireHex(hex);
        if (holds(hex)) {
            return Put.KNOWN;
        }
        long left = limits.gatewayBytes() - sentBy(gateway);
        if (left <= 0) {
            throw budgetSpent(gateway);
        }
        Path temporary = files.temporary();
        try {
            long size = receive(content, temporary, hex);
            if (size > left) {
                throw budgetSpent(gateway);
            }
            files.keep(temporary, hex);
            boolean added = Upsert.run(() -> record(gateway, hex, contentType, size));
            return added ? Put.NEW : Put.KNOWN;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private long receive(InputStream content, Path file, String hex) throws IOException {
        MessageDigest sha256 = Secrets.sha256();
        long size = 0;
        try (FileChannel channel =
                        FileChannel.open(
                                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                OutputStream out = Channels.newOutputStream(channel)) {
            InputStream digested = new DigestInputStream(content, sha256);
            byte[] buffer = new byte[64 * 1024];
            for (int n = digested.read(buffer); n >= 0; n = digested.read(buffer)) {
                size += n;
                if (size > limits.blobBytes()) {
                    throw new AggregatorException(
                            Code.BLOB_TOO_LARGE,
                            "the blob is larger than " + limits.blobBytes() + " bytes");
                }
                out.write(buffer, 0, n);
            }
            channel.force(true);
        }
        String found = HexFormat.of().formatHex(sha256.digest());
        if (!found.equals(hex)) {
            throw new AggregatorException(
                    Code.BLOB_DIGEST_DIFFERS,
                    "the content's SHA-256 is " + found + ", not " + hex + " as the address says");
        }
        return size;
    }

    private boolean record(GatewayId gateway, String hex, String contentType, long size) {
        return jdbi.withHandle(
                handle ->
                        handle.createUpdate(
                                                """
                                        merge into blob using (values (cast(:hex as varchar))) as n (hex) on blob.hex = n.hex
                                        when not matched then insert (hex, size_bytes, content_type, account, client_id, stored_at)
                                        values (:hex, :size, :contentType, :account, :clientId, :now)
                                        """)
                                        .bind("hex", hex)
                                        .bind("size", size)
                                        .bind("contentType", contentType)
                                        .bind("account", gateway.account())
                                        .bind("clientId", gateway.clientId())
                                        .bind("now", Instant.now())
                                        .execute()
                                > 0);
    }

    @Override
    public Optional<Blob> find(String digest) {
        String hex = digest.startsWith("sha256:") ? digest.substring(7) : digest;
        if (!ContentStore.isHex(hex)) {
            return Optional.empty();
        }
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select size_bytes, content_type from blob where hex = ?",
                                        hex)
                                .map(
                                        (row, context) ->
                                                new Blob(
                                                        hex,
                                                        () -> files.open(hex),
                                                        row.getLong(1),
                                                        row.getString(2)))
                                .findOne());
    }

    @Override
    public boolean holds(String digest) throws IOException {
        Optional<Blob> blob = find(digest);
        return blob.isPresent() && files.holds(blob.get().hex());
    }

    @Override
    public long sizeBytes() {
        return jdbi.withHandle(
                handle ->
                        handle.select("select coalesce(sum(size_bytes), 0) from blob")
                                .mapTo(Long.class)
                                .one());
    }

    /**
     * Deletes the oldest blobs until all are younger than {@code age} and together at most {@code
     * bytes}; the number deleted.
     */
    public int retain(Duration age, long bytes) throws IOException {
        List<String> outdated =
                jdbi.withHandle(
                        handle ->
                                handle.select(
                                                """
                                                select hex from
                                                (select hex, stored_at, sum(size_bytes) over (order by stored_at desc, hex) as newer from blob) as b
                                                where stored_at < :oldest or newer > :bytes
                                                """)
                                        .bind("oldest", Instant.now().minus(age))
                                        .bind("bytes", bytes)
                                        .mapTo(String.class)
                                        .list());
        for (String hex : outdated) {
            jdbi.useHandle(handle -> handle.execute("delete from blob where hex = ?", hex));
            files.delete(hex);
        }
        return outdated.size();
    }

    private long sentBy(GatewayId gateway) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select coalesce(sum(size_bytes), 0) from blob where account = ? and client_id = ? and stored_at > ?",
                                        gateway.account(),
                                        gateway.clientId(),
                                        Instant.now().minus(limits.period()))
                                .mapTo(Long.class)
                                .one());
    }

    private AggregatorException budgetSpent(GatewayId gateway) {
        Instant oldest =
                jdbi.withHandle(
                        handle ->
                                handle.select(
                                                "select min(stored_at) from blob where account = ? and client_id = ? and stored_at > ?",
                                                gateway.account(),
                                                gateway.clientId(),
                                                Instant.now().minus(limits.period()))
                                        .mapTo(Instant.class)
                                        .findOne()
                                        .orElseGet(Instant::now));
        long seconds =
                Math.max(
                        1,
                        Duration.between(Instant.now(), oldest.plus(limits.period())).toSeconds());
        return new AggregatorException(
                Code.BLOB_BUDGET_SPENT,
                "gateway "
                        + gateway
                        + " has sent its "
                        + limits.gatewayBytes()
                        + " bytes; send again in "
                        + seconds
                        + " s",
                Map.of("retryAfterSeconds", seconds),
                null);
    }

    private static void requireHex(String hex) {
        if (!ContentStore.isHex(hex)) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "blob address \"" + hex + "\": expected 64 lower-case hexadecimal digits");
        }
    }
}
