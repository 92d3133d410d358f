package io.karu.aggregator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.deployment.PackageId;
import java.time.Instant;

/**
 * An immutable model version.
 *
 * @param name model name
 * @param version the author's label
 * @param digest {@code sha256:…} as of {@code io.karu.api.model.Digest}
 * @param counter position among the versions of this name, from 1; part of the bundle version
 * @param card {@code model.json}
 * @param packageId the deployment package that carries it
 */
public record ModelVersion(
        String name,
        String version,
        String digest,
        int counter,
        JsonNode card,
        long sizeBytes,
        PackageId packageId,
        Instant registeredAt,
        String registeredBy) {}
