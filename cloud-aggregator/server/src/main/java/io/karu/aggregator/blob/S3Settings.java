package io.karu.aggregator.blob;

import java.net.URI;
import java.util.Objects;

/**
 * A bucket of an S3 server.
 *
 * @param endpoint {@code https://host[:port]}; the bucket is a part of the path
 * @param region signed into requests; servers that know none take any
 * @param prefix of every key, empty or ending with a slash
 * @param accessKey its name; with {@code secretKey} empty, both are taken where the AWS SDK looks
 *     for them
 */
public record S3Settings(
        URI endpoint,
        String region,
        String bucket,
        String prefix,
        String accessKey,
        String secretKey) {
    public S3Settings {
        Objects.requireNonNull(region, "region");
        Objects.requireNonNull(accessKey, "accessKey");
        Objects.requireNonNull(secretKey, "secretKey");
        if (endpoint.getHost() == null
                || !("http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme()))) {
            throw new IllegalArgumentException(
                    "S3 endpoint \"" + endpoint + "\": expected http://host:port or https://host");
        }
        if (bucket.isBlank()) {
            throw new IllegalArgumentException("the name of the S3 bucket is missing");
        }
        if (!prefix.isEmpty() && (!prefix.endsWith("/") || prefix.startsWith("/"))) {
            throw new IllegalArgumentException(
                    "S3 prefix \"" + prefix + "\": end it with a slash and begin it without one");
        }
    }

    /** The same bucket with a longer prefix. */
    public S3Settings below(String name) {
        return new S3Settings(endpoint, region, bucket, prefix + name + "/", accessKey, secretKey);
    }

    /** Names the bucket, never the keys. */
    @Override
    public String toString() {
        return endpoint + "/" + bucket + "/" + prefix;
    }
}
