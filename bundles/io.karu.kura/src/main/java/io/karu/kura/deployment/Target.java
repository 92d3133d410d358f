package io.karu.kura.deployment;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.osgi.framework.Version;

/** What is known of the gateway that a package is meant for. What is not known is not checked. */
public final class Target {

    private final List<Installed> packages;
    private final List<InstalledBundle> bundles;
    private final Map<String, String> contents;
    private final List<PackageExport> exports;
    private final String osArch;
    private final Integer javaVersion;
    private final Long freeBytes;

    private Target(Builder builder) {
        this.packages = List.copyOf(builder.packages);
        this.bundles = List.copyOf(builder.bundles);
        this.contents = Map.copyOf(builder.contents);
        this.exports = List.copyOf(builder.exports);
        this.osArch = builder.osArch;
        this.javaVersion = builder.javaVersion;
        this.freeBytes = builder.freeBytes;
    }

    public static Builder builder() {
        return new Builder();
    }

    List<Installed> packages() {
        return packages;
    }

    List<InstalledBundle> bundles() {
        return bundles;
    }

    /** The SHA-256 of what the gateway has of this bundle in this version. */
    Optional<String> content(String symbolicName, Version version) {
        return Optional.ofNullable(contents.get(symbolicName + " " + version));
    }

    List<PackageExport> exports() {
        return exports;
    }

    Optional<String> osArch() {
        return Optional.ofNullable(osArch);
    }

    OptionalInt javaVersion() {
        return javaVersion == null ? OptionalInt.empty() : OptionalInt.of(javaVersion);
    }

    OptionalLong freeBytes() {
        return freeBytes == null ? OptionalLong.empty() : OptionalLong.of(freeBytes);
    }

    /** A package on the gateway, as INVENTORY-V1 lists it. */
    public record Installed(String name, Version version, List<InstalledBundle> bundles) {
        public Installed {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(version, "version");
            bundles = List.copyOf(bundles);
        }
    }

    /** A bundle on the gateway, as INVENTORY-V1 lists it. */
    public record InstalledBundle(String symbolicName, Version version) {
        public InstalledBundle {
            Objects.requireNonNull(symbolicName, "symbolicName");
            Objects.requireNonNull(version, "version");
        }
    }

    /** Gathers what is known. */
    public static final class Builder {

        private final List<Installed> packages = new ArrayList<>();
        private final List<InstalledBundle> bundles = new ArrayList<>();
        private final Map<String, String> contents = new LinkedHashMap<>();
        private final List<PackageExport> exports = new ArrayList<>();
        private String osArch;
        private Integer javaVersion;
        private Long freeBytes;

        private Builder() {}

        /** A package that is installed ({@code INVENTORY-V1/GET/deploymentPackages}). */
        public Builder installed(Installed deploymentPackage) {
            packages.add(deploymentPackage);
            return this;
        }

        /**
         * Every bundle that is installed ({@code INVENTORY-V1/GET/bundles}), of packages or not.
         */
        public Builder bundles(List<InstalledBundle> installed) {
            bundles.addAll(installed);
            return this;
        }

        /**
         * A bundle that was installed from a package that is kept: it tells its content, and adds
         * what it exports.
         */
        public Builder known(Bundle bundle) {
            contents.put(bundle.toString(), PackageChecker.sha256(bundle.bytes()));
            exports.addAll(bundle.exports());
            return this;
        }

        /** What the gateway itself offers; without it imports are not checked. */
        public Builder platform(Platform platform) {
            exports.addAll(platform.exports());
            return this;
        }

        /**
         * {@code os_arch} of the birth certificate, for instance {@code amd64} or {@code aarch64}.
         */
        public Builder osArch(String arch) {
            this.osArch = arch;
            return this;
        }

        /**
         * {@code jvm_version} of the birth certificate, for instance {@code 17.0.15+6}; Java 8
         * calls its machine {@code 25.402-b06}.
         */
        public Builder jvmVersion(String version) {
            String feature =
                    version.matches("25\\.\\d+-b\\d+.*")
                            ? "8"
                            : version.replaceFirst("^1\\.", "").replaceFirst("[^0-9].*$", "");
            this.javaVersion = feature.isEmpty() ? null : Integer.valueOf(feature);
            return this;
        }

        /** Free space in bytes where packages are downloaded to and stored. */
        public Builder freeBytes(long bytes) {
            this.freeBytes = bytes;
            return this;
        }

        public Target build() {
            return new Target(this);
        }
    }
}
