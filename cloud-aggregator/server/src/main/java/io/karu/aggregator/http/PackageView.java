package io.karu.aggregator.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.karu.aggregator.deployment.StoredPackage;
import io.karu.aggregator.deployment.StoredPackage.PackagedBundle;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** {@code Package} of the contract. */
record PackageView(
        String name,
        String version,
        String sha256,
        long size,
        Instant uploadedAt,
        String uploadedBy,
        List<Bundle> bundles,
        @JsonProperty("native") boolean carriesNatives) {

    static PackageView of(StoredPackage stored) {
        return new PackageView(
                stored.id().name(),
                stored.id().version(),
                stored.sha256(),
                stored.sizeBytes(),
                stored.uploadedAt(),
                stored.uploadedBy(),
                stored.bundles().stream().map(Bundle::of).toList(),
                stored.id().carriesNatives());
    }

    record Bundle(
            String name, String version, Optional<String> fragmentHost, Optional<String> model) {
        static Bundle of(PackagedBundle bundle) {
            return new Bundle(
                    bundle.name(), bundle.version(), bundle.fragmentHost(), bundle.model());
        }
    }
}
