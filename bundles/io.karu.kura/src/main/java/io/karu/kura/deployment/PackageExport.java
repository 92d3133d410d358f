package io.karu.kura.deployment;

import java.util.Objects;
import org.apache.felix.utils.manifest.Clause;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * A Java package that a bundle or a platform exports.
 *
 * @param name for instance {@code org.slf4j}
 * @param version 0.0.0 when none is given
 */
public record PackageExport(String name, Version version) {

    public PackageExport {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(version, "version");
    }

    static PackageExport of(Clause clause) {
        return new PackageExport(
                clause.getName(),
                Version.parseVersion(clause.getAttribute(Constants.VERSION_ATTRIBUTE)));
    }
}
