package io.karu.aggregator.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.registry.ModelVersion;
import java.time.Instant;

/** {@code ModelVersion} of the contract. */
record ModelView(
        String name,
        String version,
        String digest,
        int counter,
        JsonNode card,
        long size,
        Instant registeredAt,
        String registeredBy,
        @JsonProperty("package") PackageId packageId) {

    static ModelView of(ModelVersion version) {
        return new ModelView(
                version.name(),
                version.version(),
                version.digest(),
                version.counter(),
                version.card(),
                version.sizeBytes(),
                version.registeredAt(),
                version.registeredBy(),
                version.packageId());
    }
}
