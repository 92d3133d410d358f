package io.karu.aggregator.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Objects {@code prefix + hex} in a bucket. A key is written once: a put is conditional on its
 * absence ({@code If-None-Match: *}), and a server that holds it already keeps what it has.
 */
public final class S3Content implements ContentStore {
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final int PRECONDITION_FAILED = 412;
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration SILENCE = Duration.ofSeconds(30);
    private static final Duration ATTEMPT = Duration.ofMinutes(5);
    private static final Duration CALL = Duration.ofMinutes(10);

    private final S3Settings settings;
    private final S3Client client;
    private final Path incoming;

    /**
     * Connects and makes sure of the bucket.
     *
     * @param incoming folder of this machine for files on their way
     * @throws IOException when the server is not reached, refuses the keys, or has no such bucket
     */
    public S3Content(S3Settings settings, Path incoming) throws IOException {
        this.settings = settings;
        this.incoming = Files.createDirectories(incoming);
        try (Stream<Path> abandoned = Files.list(incoming)) {
            for (Path file : abandoned.toList()) {
                Files.delete(file);
            }
        }
        this.client = client(settings);
        try {
            client.headBucket(request -> request.bucket(settings.bucket()));
        } catch (SdkException e) {
            client.close();
            throw failed("cannot be used", e);
        }
    }

    private static S3Client client(S3Settings settings) {
        AwsCredentialsProvider keys =
                settings.secretKey().isEmpty()
                        ? DefaultCredentialsProvider.builder().build()
                        : StaticCredentialsProvider.create(
                                AwsBasicCredentials.create(
                                        settings.accessKey(), settings.secretKey()));
        return S3Client.builder()
                .endpointOverride(settings.endpoint())
                .region(Region.of(settings.region()))
                .credentialsProvider(keys)
                .forcePathStyle(true)
                // servers other than Amazon's do not all know the newer trailing checksums
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .httpClientBuilder(
                        UrlConnectionHttpClient.builder()
                                .connectionTimeout(CONNECT)
                                .socketTimeout(SILENCE))
                .overrideConfiguration(
                        calls -> calls.apiCallAttemptTimeout(ATTEMPT).apiCallTimeout(CALL))
                .build();
    }

    @Override
    public Path temporary() {
        return incoming.resolve(UUID.randomUUID().toString());
    }

    @Override
    public void keep(Path temporary, String hex) throws IOException {
        try {
            client.putObject(
                    request -> request.bucket(settings.bucket()).key(key(hex)).ifNoneMatch("*"),
                    RequestBody.fromFile(temporary));
        } catch (S3Exception e) {
            boolean known =
                    e.statusCode() == PRECONDITION_FAILED
                            || (e.statusCode() == CONFLICT && holds(hex));
            if (!known) {
                throw failed("did not take " + hex, e);
            }
        } catch (SdkException e) {
            throw failed("did not take " + hex, e);
        }
        Files.deleteIfExists(temporary);
    }

    @Override
    public boolean holds(String hex) throws IOException {
        try {
            client.headObject(request -> request.bucket(settings.bucket()).key(key(hex)));
            return true;
        } catch (S3Exception e) {
            if (e.statusCode() == NOT_FOUND) {
                return false;
            }
            throw failed("does not say whether it has " + hex, e);
        } catch (SdkException e) {
            throw failed("does not say whether it has " + hex, e);
        }
    }

    @Override
    public InputStream open(String hex) throws IOException {
        try {
            return client.getObject(request -> request.bucket(settings.bucket()).key(key(hex)));
        } catch (NoSuchKeyException e) {
            throw new NoSuchFileException(hex, null, "it is not in " + settings);
        } catch (SdkException e) {
            throw failed("did not give " + hex, e);
        }
    }

    @Override
    public void delete(String hex) throws IOException {
        try {
            client.deleteObject(request -> request.bucket(settings.bucket()).key(key(hex)));
        } catch (SdkException e) {
            throw failed("did not delete " + hex, e);
        }
    }

    @Override
    public boolean answers() {
        try {
            client.headBucket(request -> request.bucket(settings.bucket()));
            return true;
        } catch (SdkException e) {
            return false;
        }
    }

    private String key(String hex) {
        if (!ContentStore.isHex(hex)) {
            throw new IllegalArgumentException(
                    "\"" + hex + "\" is no SHA-256: 64 hexadecimal digits are needed");
        }
        return settings.prefix() + hex;
    }

    private IOException failed(String what, SdkException cause) {
        return new IOException(
                "the S3 store " + settings + " " + what + ": " + cause.getMessage(), cause);
    }

    @Override
    public void close() {
        client.close();
    }
}
