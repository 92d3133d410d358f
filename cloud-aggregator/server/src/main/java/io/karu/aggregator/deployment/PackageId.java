package io.karu.aggregator.deployment;

import java.util.Objects;

/** A deployment package: DeploymentPackage-SymbolicName and -Version. */
public record PackageId(String name, String version) {
    public PackageId {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(version, "version");
    }

    /** Whether it carries a native library and therefore needs a restart to be replaced. */
    public boolean carriesNatives() {
        return name.startsWith("karu-natives-");
    }

    /** Kura's file name. */
    public String fileName() {
        return name + "_" + version + ".dp";
    }

    @Override
    public String toString() {
        return name + " " + version;
    }
}
