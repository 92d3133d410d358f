package io.karu.aggregator.fleet;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Installed deployment packages as INVENTORY-V1 tells them. */
public record Inventory(Instant at, List<InstalledPackage> packages) {
    public Inventory {
        packages = List.copyOf(packages);
    }

    public Optional<InstalledPackage> find(String name) {
        return packages.stream().filter(p -> p.name().equals(name)).findFirst();
    }

    /** Whether a bundle is ACTIVE in any version. */
    boolean runs(String bundle) {
        return packages.stream()
                .flatMap(p -> p.bundles().stream())
                .anyMatch(b -> b.name().equals(bundle) && b.state().equals("ACTIVE"));
    }

    /** One deployment package with its bundles. */
    public record InstalledPackage(String name, String version, List<InstalledBundle> bundles) {
        public InstalledPackage {
            bundles = List.copyOf(bundles);
        }
    }

    /**
     * One bundle; state is OSGi's: UNINSTALLED, INSTALLED, RESOLVED, STARTING, STOPPING or ACTIVE.
     */
    public record InstalledBundle(String name, String version, String state, boolean signed) {}
}
