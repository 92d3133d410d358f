package io.karu.aggregator.deployment;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A deployment package in the repository.
 *
 * @param sha256 64 hexadecimal digits
 * @param uploadedBy user name, or {@code registry} for a wrapped model
 */
public record StoredPackage(
        PackageId id,
        long sizeBytes,
        String sha256,
        List<PackagedBundle> bundles,
        Instant uploadedAt,
        String uploadedBy) {
    public StoredPackage {
        bundles = List.copyOf(bundles);
    }

    /**
     * One bundle of the package.
     *
     * @param fragmentHost symbolic name of the host; absent for a bundle that can be started
     * @param model {@code Karu-Model} header; absent for code
     */
    public record PackagedBundle(
            String name, String version, Optional<String> fragmentHost, Optional<String> model) {}
}
