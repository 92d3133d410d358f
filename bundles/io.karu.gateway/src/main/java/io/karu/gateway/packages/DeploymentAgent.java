package io.karu.gateway.packages;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.osgi.service.deploymentadmin.DeploymentException;
import org.osgi.service.deploymentadmin.DeploymentPackage;

/**
 * Installs deployment packages and remembers them across starts, as Kura's deployment agent and
 * DEPLOY-V2 do: the framework's cache is wiped at every start, so what {@code
 * packages/dpa.properties} names is what the gateway consists of. Thread-safe: operations queue at
 * DeploymentAdmin's own lock, which gives up after 10 s.
 */
public interface DeploymentAgent {

    /**
     * Installs or upgrades, then moves the file to {@code packages/<name>_<version>.dp} and stores
     * its entry. A package whose bundles do not resolve or start is installed all the same; ask the
     * bundles for their state. A file that cannot be moved is logged only, and the package is gone
     * at the next start.
     *
     * @throws DeploymentException with DeploymentAdmin's code and message when the package is
     *     refused; the file stays where it is
     * @throws IOException when the file cannot be read
     */
    DeploymentPackage install(Path file) throws DeploymentException, IOException;

    /**
     * Uninstalls, forgets the entry and deletes its file.
     *
     * @return false when no package of that name is installed
     * @throws IOException when the package has no entry; it is uninstalled nevertheless, as on Kura
     */
    boolean uninstall(String name) throws DeploymentException, IOException;

    /** The installed packages. */
    List<DeploymentPackage> list();

    /** Completes when, after the start, every entry is installed again or has failed. */
    CompletionStage<Void> reinstalled();
}
