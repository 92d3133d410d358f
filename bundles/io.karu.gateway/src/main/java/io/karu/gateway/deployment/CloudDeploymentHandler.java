package io.karu.gateway.deployment;

import io.karu.gateway.conf.ComponentProperties;
import io.karu.gateway.packages.DeploymentAgent;
import io.karu.gateway.request.AppRequest;
import io.karu.gateway.transport.MqttDataTransport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.request.RequestHandler;
import org.eclipse.kura.cloudconnection.request.RequestHandlerContext;
import org.eclipse.kura.cloudconnection.request.RequestHandlerRegistry;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.deployment.hook.DeploymentHook;
import org.eclipse.kura.deployment.hook.RequestContext;
import org.eclipse.kura.message.KuraResponsePayload;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.deploymentadmin.DeploymentException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kura's DEPLOY-V2: downloads, installs and removes deployment packages, starts and stops bundles.
 * One download at a time, with the installation that follows it; long work runs on one thread and
 * is told by notifications. Like Kura's it needs the default MQTT transport, and like Kura's it
 * answers EXEC/install with an unexplained 500 until there was a download.
 */
@Component(
        name = CloudDeploymentHandler.PID,
        immediate = true,
        service = ConfigurableComponent.class,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = {"kura.service.pid=" + CloudDeploymentHandler.PID})
public class CloudDeploymentHandler implements RequestHandler, ConfigurableComponent {

    public static final String PID = "org.eclipse.kura.core.deployment.CloudDeploymentHandlerV2";

    /**
     * The process ends with this status when a request asked for a reboot; whoever started it
     * starts it again.
     */
    public static final int RESTART_STATUS = 42;

    static final String APPLICATION = "DEPLOY-V2";

    private static final Logger LOG = LoggerFactory.getLogger(CloudDeploymentHandler.class);

    private final BundleContext context;
    private final DeploymentAgent agent;
    private final MqttDataTransport transport;
    private final Runnable restart;
    private final Map<String, DeploymentHook> hooks = new ConcurrentHashMap<>();
    private final ExecutorService worker =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "karu-deploy"));
    private volatile Options options;
    private DownloadJob lastDownload;
    private boolean downloading;
    private Job.PackageFile installing;
    private boolean uninstalling;

    private record Options(Path downloads, Map<String, String> hookPids) {

        static Options from(Map<String, Object> properties) {
            ComponentProperties given = new ComponentProperties(properties);
            Map<String, String> associations = new HashMap<>();
            given.text("deployment.hook.associations", "")
                    .lines()
                    .map(line -> line.replaceFirst("#.*", "").split("=", 2))
                    .filter(parts -> parts.length == 2)
                    .forEach(parts -> associations.put(parts[0].strip(), parts[1].strip()));
            return new Options(Path.of(given.text("downloads.directory", "/tmp")), associations);
        }
    }

    /** A download since the start of this component; its file may be gone. */
    private static final class DownloadJob {
        private final Job job;
        private final Path file;
        private volatile Download current;

        private DownloadJob(Job job, Path file) {
            this.job = job;
            this.file = file;
        }
    }

    /** A hook bound to a request. */
    private record BoundHook(
            DeploymentHook hook, RequestContext context, Map<String, Object> properties) {}

    @Activate
    public CloudDeploymentHandler(
            BundleContext context,
            @Reference DeploymentAgent agent,
            @Reference(target = "(kura.service.pid=" + MqttDataTransport.PID + ")")
                    MqttDataTransport transport,
            Map<String, Object> properties) {
        this(context, agent, transport, CloudDeploymentHandler::endProcess, properties);
    }

    CloudDeploymentHandler(
            BundleContext context,
            DeploymentAgent agent,
            MqttDataTransport transport,
            Runnable restart,
            Map<String, Object> properties) {
        this.context = context;
        this.agent = agent;
        this.transport = transport;
        this.restart = restart;
        this.options = Options.from(properties);
    }

    @Modified
    public void updated(Map<String, Object> properties) {
        try {
            options = Options.from(properties);
        } catch (IllegalArgumentException e) {
            LOG.error("{} The last good configuration is kept.", e.getMessage());
        }
    }

    @Deactivate
    public void deactivate() {
        worker.shutdownNow();
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addRegistry(RequestHandlerRegistry registry) throws KuraException {
        registry.registerRequestHandler(APPLICATION, this);
    }

    public void removeRegistry(RequestHandlerRegistry registry) throws KuraException {
        registry.unregister(APPLICATION);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addHook(DeploymentHook hook, Map<String, Object> properties) {
        if (properties.get("kura.service.pid") instanceof String pid) {
            hooks.put(pid, hook);
        }
    }

    public void removeHook(DeploymentHook hook) {
        hooks.values().remove(hook);
    }

    @Override
    public KuraMessage doGet(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        AppRequest.resource(request);
        String resource = AppRequest.levels(request).get(0);
        return switch (resource) {
            case "packages" -> AppRequest.ok(DeploymentXml.packages(agent.list()));
            case "bundles" -> AppRequest.ok(DeploymentXml.bundles(context.getBundles()));
            case "download" -> downloadStatus();
            case "install" -> installStatus();
            default -> throw AppRequest.notFound(resource);
        };
    }

    @Override
    public KuraMessage doExec(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        AppRequest.resource(request);
        List<String> levels = AppRequest.levels(request);
        Metrics metrics = new Metrics(request.getPayload());
        return switch (levels.get(0)) {
            case "download" -> download(metrics, requester);
            case "install" -> install(metrics, requester);
            case "uninstall" -> uninstall(metrics, requester);
            case "start" -> operate(levels, Bundle::start);
            case "stop" -> operate(levels, Bundle::stop);
            default -> throw AppRequest.notFound(levels.get(0));
        };
    }

    @Override
    public KuraMessage doDel(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        if (!AppRequest.resource(request).equals("download")) {
            throw AppRequest.notFound(AppRequest.resource(request));
        }
        DownloadJob job = lastDownload();
        if (job == null) {
            throw new KuraException(KuraErrorCode.PROCESS_EXECUTION_ERROR, "download");
        }
        Download current = job.current;
        if (current != null) {
            current.cancel();
            delete(job.file);
        }
        return AppRequest.ok();
    }

    private synchronized DownloadJob lastDownload() {
        return lastDownload;
    }

    private synchronized KuraMessage download(Metrics metrics, RequestHandlerContext requester)
            throws KuraException {
        Job job = Job.from(metrics, requester);
        Job.PackageFile named = Job.PackageFile.from(metrics);
        DownloadRequest request = DownloadRequest.from(metrics);
        Path file = options.downloads().resolve(named.fileName());
        Optional<BoundHook> hook = boundHook(metrics, file);
        if (downloading) {
            KuraResponsePayload busy =
                    new KuraResponsePayload(KuraResponsePayload.RESPONSE_CODE_ERROR);
            busy.addMetric("download.status", "IN_PROGRESS");
            busy.setBody(
                    "Another resource is already in download".getBytes(StandardCharsets.UTF_8));
            return new KuraMessage(busy);
        }
        if (hook.isPresent()) {
            try {
                hook.get().hook().preDownload(hook.get().context(), hook.get().properties());
            } catch (KuraException | RuntimeException e) {
                LOG.warn("Job {}: the hook refuses the download: {}", job.id(), e.getMessage());
                throw new KuraException(KuraErrorCode.PROCESS_EXECUTION_ERROR, "download");
            }
        }
        DownloadJob download = new DownloadJob(job, file);
        lastDownload = download;
        downloading = true;
        worker.execute(() -> runDownload(download, request, named, hook));
        return AppRequest.ok();
    }

    private void runDownload(
            DownloadJob download,
            DownloadRequest request,
            Job.PackageFile named,
            Optional<BoundHook> hook) {
        try {
            boolean fetched = fetch(download, request);
            if (hook.isPresent()) {
                hook.get().hook().postDownload(hook.get().context(), hook.get().properties());
            }
            if (fetched && request.install()) {
                runInstall(download.job, named, download.file, hook);
            }
        } catch (KuraException | RuntimeException e) {
            LOG.warn(
                    "Job {}: the hook refuses the installation: {}",
                    download.job.id(),
                    e.getMessage());
            delete(download.file);
        } finally {
            synchronized (this) {
                downloading = false;
            }
        }
    }

    private boolean fetch(DownloadJob download, DownloadRequest request) {
        Notifications notifications = notifications(download.job);
        if (Files.exists(download.file) && !request.force()) {
            notifications.alreadyDownloaded();
            return true;
        }
        int index = 0;
        try {
            fetch(download, request, request.uri(), index, download.file);
            if (request.verifierUri() != null) {
                index = 1;
                Path verifier =
                        download.file.resolveSibling(download.file.getFileName() + "_verifier.sh");
                fetch(download, request, request.verifierUri(), index, verifier);
            }
            return true;
        } catch (CancellationException e) {
            LOG.info("Job {}: the download was cancelled.", download.job.id());
        } catch (IOException | RuntimeException e) {
            LOG.warn(
                    "Job {}: the download failed: {}",
                    download.job.id(),
                    String.valueOf(e.getMessage()));
            notifications.downloadFailed(index);
        }
        return false;
    }

    private void fetch(
            DownloadJob download, DownloadRequest request, String uri, int index, Path file)
            throws IOException {
        Files.createDirectories(file.getParent());
        download.current = new Download(request, index, notifications(download.job)::downloading);
        download.current.run(uri, file);
    }

    private void runInstall(Job job, Job.PackageFile named, Path file, Optional<BoundHook> hook) {
        String fileName = file.getFileName().toString();
        Notifications notifications = notifications(job);
        try {
            if (named.systemUpdate()) {
                throw new KuraException(
                        KuraErrorCode.OPERATION_NOT_SUPPORTED,
                        "system updates by script; the development gateway installs packages only");
            }
            agent.install(file);
            notifications.installed(fileName);
            restartIfWanted(job);
            if (hook.isPresent()) {
                hook.get().hook().postInstall(hook.get().context(), hook.get().properties());
            }
        } catch (DeploymentException | IOException | KuraException | RuntimeException e) {
            LOG.warn(
                    "Job {}: {} was not installed: {}",
                    job.id(),
                    fileName,
                    String.valueOf(e.getMessage()));
            notifications.installFailed(fileName, e);
        } finally {
            delete(file);
        }
    }

    private synchronized KuraMessage install(Metrics metrics, RequestHandlerContext requester)
            throws KuraException {
        Job job = Job.from(metrics, requester);
        Job.PackageFile named = Job.PackageFile.from(metrics);
        Path file = options.downloads().resolve(named.fileName());
        Optional<BoundHook> hook = boundHook(metrics, file);
        // Kura asks its last download whether the file is there, and fails like this when there was
        // none.
        Path downloaded = lastDownload.file;
        if (!Files.exists(downloaded) || installing != null) {
            throw Metrics.refused(
                    installing != null ? "an installation is running" : downloaded + " is absent");
        }
        if (hook.isPresent()) {
            try {
                hook.get().hook().postDownload(hook.get().context(), hook.get().properties());
            } catch (KuraException | RuntimeException e) {
                throw Metrics.refused("the hook refuses the installation: " + e.getMessage());
            }
        }
        installing = named;
        worker.execute(
                () -> {
                    try {
                        runInstall(job, named, file, hook);
                    } finally {
                        synchronized (this) {
                            installing = null;
                        }
                    }
                });
        return AppRequest.ok();
    }

    private synchronized KuraMessage uninstall(Metrics metrics, RequestHandlerContext requester)
            throws KuraException {
        Job job = Job.from(metrics, requester);
        if (uninstalling) {
            throw Metrics.refused("another package is being removed");
        }
        uninstalling = true;
        worker.execute(() -> runUninstall(job));
        return AppRequest.ok();
    }

    private void runUninstall(Job job) {
        Notifications notifications = notifications(job);
        try {
            if (!agent.uninstall(job.packageName())) {
                LOG.info("Job {}: there was no package {}.", job.id(), job.packageName());
            }
            notifications.uninstalled();
            restartIfWanted(job);
        } catch (DeploymentException | IOException | RuntimeException e) {
            LOG.warn(
                    "Job {}: {} was not removed: {}",
                    job.id(),
                    job.packageName(),
                    String.valueOf(e.getMessage()));
            notifications.uninstallFailed(e);
        } finally {
            synchronized (this) {
                uninstalling = false;
            }
        }
    }

    private interface BundleOperation {
        void apply(Bundle bundle) throws BundleException;
    }

    private KuraMessage operate(List<String> levels, BundleOperation operation)
            throws KuraException {
        try {
            Bundle bundle =
                    levels.size() < 2 ? null : context.getBundle(Long.parseLong(levels.get(1)));
            if (bundle == null) {
                throw Metrics.refused("no bundle " + String.join("/", levels));
            }
            operation.apply(bundle);
            return AppRequest.ok();
        } catch (NumberFormatException e) {
            throw Metrics.refused("'" + levels.get(1) + "' is no bundle id");
        } catch (BundleException e) {
            throw Metrics.refused(e.getMessage());
        }
    }

    private synchronized KuraMessage downloadStatus() {
        KuraResponsePayload status = new KuraResponsePayload(KuraResponsePayload.RESPONSE_CODE_OK);
        Download current = downloading ? lastDownload.current : null;
        if (!downloading) {
            status.addMetric("dp.download.size", 0);
            status.addMetric("dp.download.progress", 100);
            status.addMetric("dp.download.status", "ALREADY DONE");
        } else {
            Download.Progress progress =
                    current == null
                            ? new Download.Progress(0, 0, 0, Download.Status.IN_PROGRESS, null)
                            : current.progress();
            status.addMetric("dp.download.size", progress.size());
            status.addMetric("dp.download.progress", progress.percent());
            status.addMetric("dp.download.status", progress.status().name());
            status.addMetric("job.id", lastDownload.job.id());
        }
        return new KuraMessage(status);
    }

    /** IDLE also while a download installs by itself, as on Kura. */
    private synchronized KuraMessage installStatus() {
        KuraResponsePayload status = new KuraResponsePayload(KuraResponsePayload.RESPONSE_CODE_OK);
        status.addMetric("dp.install.status", installing == null ? "IDLE" : "IN_PROGRESS");
        if (installing != null) {
            status.addMetric("dp.name", installing.name());
            status.addMetric("dp.version", installing.version());
        }
        return new KuraMessage(status);
    }

    private Optional<BoundHook> boundHook(Metrics metrics, Path file) throws KuraException {
        Optional<Job.HookRequest> wanted = Job.HookRequest.from(metrics);
        if (wanted.isEmpty()) {
            return Optional.empty();
        }
        String type = wanted.get().type();
        DeploymentHook hook = hooks.get(options.hookPids().getOrDefault(type, ""));
        if (hook == null) {
            throw Metrics.refused("no deployment hook is associated to request.type " + type);
        }
        Map<String, Object> properties = new HashMap<>();
        wanted.get().properties().forEach((name, value) -> properties.put(name.toString(), value));
        return Optional.of(
                new BoundHook(hook, new RequestContext(file.toString(), type), properties));
    }

    private void restartIfWanted(Job job) {
        if (!job.reboot().wanted()) {
            return;
        }
        LOG.info("Job {}: restarting in {} ms.", job.id(), job.reboot().delayMillis());
        try {
            Thread.sleep(job.reboot().delayMillis());
            restart.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Notifications notifications(Job job) {
        return new Notifications(job, transport.clientId());
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("{} could not be deleted: {}", file, e.getMessage());
        }
    }

    private static void endProcess() {
        new Thread(() -> System.exit(RESTART_STATUS), "karu-restart").start();
    }
}
