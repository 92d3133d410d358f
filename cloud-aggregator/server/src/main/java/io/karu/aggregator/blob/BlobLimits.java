package io.karu.aggregator.blob;

import java.time.Duration;

/**
 * What gateways may store.
 *
 * @param blobBytes largest blob
 * @param gatewayBytes what one gateway may send within {@code period}
 */
public record BlobLimits(long blobBytes, long gatewayBytes, Duration period) {
    public static final BlobLimits DEFAULT =
            new BlobLimits(32L << 20, 4L << 30, Duration.ofHours(24));
}
