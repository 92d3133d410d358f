package io.karu.gateway.packages;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.kura.system.SystemService;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.deploymentadmin.DeploymentAdmin;
import org.osgi.service.deploymentadmin.DeploymentException;
import org.osgi.service.deploymentadmin.DeploymentPackage;
import org.osgi.service.event.Event;
import org.osgi.service.event.EventAdmin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The deployment agent on Felix DeploymentAdmin, whose store is wiped with the framework's cache at
 * each start.
 */
@Component(
        name = "org.eclipse.kura.deployment.agent",
        immediate = true,
        property = "kura.service.pid=org.eclipse.kura.deployment.agent")
public final class DpaDeploymentAgent implements DeploymentAgent {

    private static final Logger LOG = LoggerFactory.getLogger(DpaDeploymentAgent.class);
    private static final String INSTALLED = "org/eclipse/kura/deployment/agent/INSTALLED";
    private static final String UNINSTALLED = "org/eclipse/kura/deployment/agent/UNINSTALLED";

    private final BundleContext context;
    private final DeploymentAdmin admin;
    private final EventAdmin events;
    private final Path packages;
    private final DpaProperties dpa;
    private final CompletableFuture<Void> reinstalled = new CompletableFuture<>();
    private final FrameworkListener started = this::onFrameworkEvent;
    private volatile Thread reinstalling;

    @Activate
    public DpaDeploymentAgent(
            BundleContext context,
            @Reference DeploymentAdmin admin,
            @Reference EventAdmin events,
            @Reference SystemService system) {
        this.context = context;
        this.admin = admin;
        this.events = events;
        Properties properties = system.getProperties();
        this.packages = Path.of(properties.getProperty("kura.packages"));
        this.dpa = new DpaProperties(Path.of(properties.getProperty("dpa.configuration")));
        context.addFrameworkListener(started);
        if (context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).getState() == Bundle.ACTIVE) {
            reinstall();
        }
    }

    @Deactivate
    void deactivate() throws InterruptedException {
        context.removeFrameworkListener(started);
        reinstalled.cancel(false);
        Thread thread = reinstalling;
        if (thread != null) {
            thread.interrupt();
            thread.join(10_000);
        }
    }

    private void onFrameworkEvent(FrameworkEvent event) {
        if (event.getType() == FrameworkEvent.STARTED) {
            reinstall();
        }
    }

    private synchronized void reinstall() {
        if (reinstalling == null && !reinstalled.isDone()) {
            reinstalling = new Thread(this::reinstallEntries, "DeploymentAgent");
            reinstalling.start();
        }
    }

    private void reinstallEntries() {
        try {
            Properties entries = dpa.entries();
            for (String name : hashOrder(entries)) {
                if (reinstalled.isCancelled()) {
                    return;
                }
                reinstall(name, entries.getProperty(name));
            }
        } catch (IOException e) {
            LOG.error("No package is installed again: dpa.properties cannot be read", e);
        } finally {
            reinstalled.complete(null);
        }
    }

    private static List<String> hashOrder(Properties entries) {
        return entries.keySet().stream().map(Object::toString).toList();
    }

    private void reinstall(String name, String uri) {
        try (InputStream in = Files.newInputStream(DpaProperties.path(uri))) {
            DeploymentPackage dp = admin.installDeploymentPackage(in);
            LOG.info("Package {} {} installed again", dp.getName(), dp.getVersion());
            post(INSTALLED, name, dp.getVersion().toString(), uri, null);
        } catch (IOException | DeploymentException e) {
            LOG.error("Package {} is not installed again from {}: {}", name, uri, e.getMessage());
            post(INSTALLED, name, "UNKNOWN", uri, e);
        }
    }

    @Override
    public DeploymentPackage install(Path file) throws DeploymentException, IOException {
        DeploymentPackage dp;
        try (InputStream in = Files.newInputStream(file)) {
            dp = admin.installDeploymentPackage(in);
        }
        Path kept = packages.resolve(dp.getName() + "_" + dp.getVersion() + ".dp");
        try {
            Files.createDirectories(packages);
            if (!Files.exists(kept) || !Files.isSameFile(file, kept)) {
                Files.move(file, kept, StandardCopyOption.REPLACE_EXISTING);
            }
            dpa.put(dp.getName(), kept);
        } catch (IOException e) {
            LOG.error(
                    "Package {} runs, but will be gone at the next start: it cannot be kept in {}",
                    dp.getName(),
                    packages,
                    e);
        }
        LOG.info("Package {} {} installed", dp.getName(), dp.getVersion());
        post(INSTALLED, dp.getName(), dp.getVersion().toString(), kept.toUri().toString(), null);
        return dp;
    }

    @Override
    public boolean uninstall(String name) throws DeploymentException, IOException {
        DeploymentPackage dp = admin.getDeploymentPackage(name);
        if (dp == null) {
            return false;
        }
        String version = dp.getVersion().toString();
        dp.uninstall();
        Optional<Path> file = dpa.remove(name);
        if (file.isEmpty()) {
            throw new IOException(
                    "package " + name + " is uninstalled, but dpa.properties had no entry of it");
        }
        Files.deleteIfExists(file.get());
        LOG.info("Package {} {} uninstalled", name, version);
        post(UNINSTALLED, name, version, file.get().toUri().toString(), null);
        return true;
    }

    @Override
    public List<DeploymentPackage> list() {
        return List.of(admin.listDeploymentPackages());
    }

    @Override
    public CompletionStage<Void> reinstalled() {
        return reinstalled;
    }

    private void post(String topic, String name, String version, String url, Exception failure) {
        Map<String, Object> properties = new HashMap<>();
        properties.put("deploymentpackage.name", name);
        properties.put("deploymentpackage.version", version);
        properties.put("deploymentpackage.url", url);
        properties.put("successful", failure == null);
        if (failure != null) {
            properties.put("exception", failure);
        }
        events.postEvent(new Event(topic, properties));
    }
}
