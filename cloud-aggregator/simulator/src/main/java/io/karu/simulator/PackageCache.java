package io.karu.simulator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Fetches packages as Kura does, byte for byte and each time anew; what is in a package is worked
 * out once for all gateways.
 */
final class PackageCache {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final int BUFFER = 16 * 1024;

    private final HttpClient http;
    private final Executor threads;
    private final Map<String, PackageFile> contents = new ConcurrentHashMap<>();

    /** A file that arrived; its content is read when it is looked at. */
    final class Fetched {
        private final String sha256;
        private final byte[] bytes;

        private Fetched(String sha256, byte[] bytes) {
            this.sha256 = sha256;
            this.bytes = bytes;
        }

        String sha256() {
            return sha256;
        }

        PackageFile content() throws IOException {
            PackageFile known = contents.get(sha256);
            if (known == null) {
                known = PackageFile.read(bytes);
                contents.put(sha256, known);
            }
            return known;
        }
    }

    PackageCache(Executor threads) {
        this.threads = threads;
        this.http =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(DEADLINE)
                        .build();
    }

    CompletableFuture<Fetched> fetch(URI uri, int bytesPerSecond, LongConsumer size) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return read(uri, bytesPerSecond, size);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new IllegalStateException("stopped", e);
                    }
                },
                threads);
    }

    private Fetched read(URI uri, int bytesPerSecond, LongConsumer size)
            throws IOException, InterruptedException {
        HttpResponse<InputStream> response =
                http.send(
                        HttpRequest.newBuilder(uri).timeout(DEADLINE).build(),
                        HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = response.body()) {
            if (response.statusCode() != 200) {
                throw new IOException("status " + response.statusCode());
            }
            size.accept(response.headers().firstValueAsLong("Content-Length").orElse(-1));
            MessageDigest digest = sha256();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            byte[] buffer = new byte[Math.max(1, Math.min(BUFFER, bytesPerSecond / 4))];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
                bytes.write(buffer, 0, n);
                if (bytesPerSecond < Integer.MAX_VALUE) {
                    TimeUnit.MILLISECONDS.sleep(1000L * n / bytesPerSecond);
                }
            }
            return new Fetched(HexFormat.of().formatHex(digest.digest()), bytes.toByteArray());
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
