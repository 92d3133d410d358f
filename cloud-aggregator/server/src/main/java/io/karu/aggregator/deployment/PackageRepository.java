package io.karu.aggregator.deployment;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.kura.deployment.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The deployment packages that can be installed. A stored package never changes. Thread-safe. */
public interface PackageRepository {
    /** All packages, newest first. */
    List<StoredPackage> list();

    Optional<StoredPackage> find(PackageId id);

    /**
     * Checks and keeps a {@code .dp}. The same bytes again give the same package.
     *
     * @throws AggregatorException {@code PACKAGE_INVALID} with detail {@code findings} (a list of
     *     {@link Finding}), {@code PACKAGE_EXISTS_WITH_OTHER_CONTENT}
     */
    StoredPackage add(InputStream dp, String uploadedBy) throws IOException;

    /** The file of a stored package, for reading only. */
    Path file(PackageId id);

    /**
     * What would go wrong when this package is installed on this gateway as it is now; empty when
     * nothing is known.
     */
    List<Finding> findings(PackageId id, GatewayId gateway);

    /** Removes a package that no gateway has or desires. */
    void remove(PackageId id);
}
