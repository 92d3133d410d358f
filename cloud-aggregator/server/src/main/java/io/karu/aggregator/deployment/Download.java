package io.karu.aggregator.deployment;

import java.nio.file.Path;

/**
 * A package that one job's token opens. Serve it with Content-Length {@code sizeBytes}, not
 * chunked.
 */
public record Download(long job, PackageId packageId, Path file, long sizeBytes, String sha256) {}
