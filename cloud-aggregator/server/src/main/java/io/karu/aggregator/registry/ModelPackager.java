package io.karu.aggregator.registry;

import io.karu.aggregator.security.ModelSigning;
import io.karu.kura.deployment.Bundle;
import io.karu.kura.deployment.BundleSigner;
import io.karu.kura.deployment.DeploymentPackage;
import io.karu.kura.deployment.DeploymentPackageException;
import io.karu.modelversion.ModelBundleWriter;
import io.karu.modelversion.ModelVersionFolder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.osgi.framework.Version;

/** Wraps model versions, with their signed release, as bundles in deployment packages. */
public final class ModelPackager {
    private final ModelSigning releases;
    private final Optional<BundleSigner> jars;

    /**
     * @param releases signs what gateways verify before a model decides
     * @param jars signs the bundles, which Kura shows; absent: they are no signed jars
     */
    public ModelPackager(ModelSigning releases, Optional<BundleSigner> jars) {
        this.releases = Objects.requireNonNull(releases, "releases");
        this.jars = Objects.requireNonNull(jars, "jars");
    }

    /** Whether a gateway that trusts this aggregator believes the release. */
    boolean vouchesFor(byte[] release) {
        return releases.vouchesFor(release);
    }

    DeploymentPackage pack(ModelVersionFolder version, int counter)
            throws IOException, DeploymentPackageException {
        String name = version.card().name();
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        ModelBundleWriter.write(
                version,
                counter,
                Optional.of(
                        releases.release(
                                name, version.card().version(), version.digest(), counter)),
                content);
        Bundle bundle = Bundle.read(content.toByteArray());
        return new DeploymentPackage(
                "karu-model-" + name,
                Version.parseVersion(ModelBundleWriter.version(version, counter)),
                List.of(jars.isPresent() ? jars.get().seal(bundle) : bundle));
    }
}
