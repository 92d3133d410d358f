package io.karu.uplink.kura;

import io.karu.api.evidence.EvidenceSource;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.sample.SampleSpool;
import io.karu.api.uplink.HealthCheck;
import io.karu.api.uplink.Ledger;
import io.karu.api.uplink.UplinkResource;
import io.karu.api.uplink.VerdictJournal;
import io.karu.uplink.Capabilities;
import io.karu.uplink.DurableLedger;
import io.karu.uplink.EvidencePublishing;
import io.karu.uplink.ImageTransfer;
import io.karu.uplink.OwnResources;
import io.karu.uplink.PackageFetch;
import io.karu.uplink.Requests;
import io.karu.uplink.SegmentedJournal;
import io.karu.uplink.VerdictPublishing;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.publisher.CloudPublisher;
import org.eclipse.kura.cloudconnection.request.RequestHandlerRegistry;
import org.eclipse.kura.configuration.ComponentConfiguration;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.crypto.CryptoService;
import org.eclipse.kura.ssl.SslManagerService;
import org.eclipse.kura.system.SystemService;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The uplink in Kura: opens the journal and the ledger under Kura's data directory, offers them as
 * services, publishes through the chosen cloud publisher, sends images, and answers KARU-V1 on
 * every cloud connection. Whatever is missing is waited for.
 */
@Component(
        name = Uplink.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        service = ConfigurableComponent.class,
        immediate = true)
@Designate(ocd = UplinkDefinition.class)
public final class Uplink implements ConfigurableComponent {
    static final String PID = "io.karu.uplink.Uplink";
    static final String NO_SSL_MANAGER = "(kura.service.pid=changeme)";
    private static final Logger LOG = LoggerFactory.getLogger(Uplink.class);
    private static final long LEDGER_BYTES = 2_000_000;
    private static final long REOPEN_MILLIS = 5_000;

    private static final String DEPLOYMENT =
            "org.eclipse.kura.core.deployment.CloudDeploymentHandlerV2";

    /** Kura's default. */
    private static final String DOWNLOADS = "/tmp";

    private final CryptoService crypto;
    private final ConfigurationService configurations;
    private final Path data;
    private final BundleContext context;
    private final Requests requests = new Requests(Requests.Deadlines.DEFAULT);
    private final KaruApp app = new KaruApp(requests);
    private final List<HealthCheck> checks = new CopyOnWriteArrayList<>();
    private final List<InferenceEngine> engines = new CopyOnWriteArrayList<>();
    private final List<EvidenceSource> evidence = new CopyOnWriteArrayList<>();
    private final List<ServiceRegistration<?>> registrations = new ArrayList<>();
    private final Thread opener = new Thread(this::open, "karu-uplink-open");
    private UplinkOptions options;
    private String refused;
    private String opening = "the journal is being opened";
    private Running running;
    private CloudPublisher publisher;
    private String publisherName;
    private PublisherSink sink;
    private SampleSpool spool;
    private SslManagerService sslManager;
    private boolean closed;

    /** What exists while the journal is open. */
    private record Running(
            SegmentedJournal journal,
            DurableLedger ledger,
            VerdictPublishing publishing,
            EvidencePublishing evidence,
            ImageTransfer images,
            PackageFetch packages) {
        static Running open(Path data, long journalBytes, List<EvidenceSource> sources)
                throws IOException {
            SegmentedJournal journal = new SegmentedJournal(data.resolve("journal"), journalBytes);
            DurableLedger ledger = null;
            try {
                ledger = new DurableLedger(data.resolve("ledger"), LEDGER_BYTES);
                ImageTransfer images =
                        new ImageTransfer(
                                data.resolve("transfer"), ledger, ImageTransfer.Settings.DEFAULT);
                journal.onPublished(images::offer);
                return new Running(
                        journal,
                        ledger,
                        new VerdictPublishing(journal, ledger, VerdictPublishing.Settings.DEFAULT),
                        new EvidencePublishing(sources, ledger),
                        images,
                        new PackageFetch(
                                data.resolve("packages"),
                                Path.of(DOWNLOADS),
                                PackageFetch.Pauses.DEFAULT));
            } catch (IOException | RuntimeException e) {
                journal.close();
                if (ledger != null) {
                    ledger.close();
                }
                throw e;
            }
        }

        void close() {
            packages.close();
            images.close();
            evidence.close();
            publishing.close();
            try {
                journal.close();
                ledger.close();
            } catch (IOException e) {
                LOG.warn("the journal was not closed cleanly: {}", e.toString());
            }
        }
    }

    @Activate
    public Uplink(
            BundleContext context,
            Map<String, Object> properties,
            @Reference(name = "SystemService") SystemService system,
            @Reference(name = "CryptoService") CryptoService crypto,
            @Reference(name = "ConfigurationService") ConfigurationService configurations) {
        this.context = context;
        this.configurations = configurations;
        this.crypto = crypto;
        data = Path.of(system.getKuraDataDirectory(), "karu");
        options = UplinkOptions.of(Map.of(), crypto);
        read(properties);
        requests.add(OwnResources.health(this::checks));
        requests.add(OwnResources.evidence(evidence));
        String karu = context.getBundle().getVersion().toString();
        requests.add(
                OwnResources.capabilities(
                        () ->
                                new Capabilities(
                                        karu,
                                        system.getKuraVersion(),
                                        engines(),
                                        requests.names())));
        opener.setDaemon(true);
        opener.start();
    }

    @Modified
    void updated(Map<String, Object> properties) {
        read(properties);
        synchronized (this) {
            if (running != null) {
                running.journal().bound(options.journalBytes());
                running.evidence().every(options.evidence());
                configureImages();
            }
        }
    }

    /** Keeps the last good configuration when the new one is refused. */
    private void read(Map<String, Object> properties) {
        try {
            UplinkOptions next = UplinkOptions.of(properties, crypto);
            synchronized (this) {
                options = next;
                refused = null;
            }
            LOG.info("configured: {}", next);
        } catch (IllegalArgumentException e) {
            synchronized (this) {
                refused = e.getMessage();
            }
            LOG.warn("configuration refused, the last good one stays: {}", e.getMessage());
        }
    }

    private void open() {
        while (true) {
            try {
                Running opened = Running.open(data, options().journalBytes(), evidence);
                synchronized (this) {
                    if (closed) {
                        opened.close();
                        return;
                    }
                    running = opened;
                    running.evidence().every(options.evidence());
                    configureImages();
                    bindSink();
                    bindSpool();
                }
                requests.add(OwnResources.ledger(opened.ledger()));
                requests.add(OwnResources.imageRequest(opened.images()));
                requests.add(OwnResources.fetch(opened.packages()));
                requests.add(OwnResources.transfers(opened.packages()));
                offer(opened);
                return;
            } catch (IOException | RuntimeException e) {
                LOG.warn("the journal under {} cannot be opened, trying again", data, e);
                synchronized (this) {
                    opening = "the journal under " + data + " cannot be opened: " + e.getMessage();
                    if (!pause()) {
                        return;
                    }
                }
            }
        }
    }

    private boolean pause() {
        try {
            if (!closed) {
                wait(REOPEN_MILLIS);
            }
            return !closed;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private void offer(Running opened) {
        List<ServiceRegistration<?>> offered =
                List.of(
                        context.registerService(VerdictJournal.class, opened.journal(), null),
                        context.registerService(Ledger.class, opened.ledger(), null));
        synchronized (this) {
            registrations.addAll(offered);
        }
    }

    @Deactivate
    void deactivate() throws InterruptedException {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        opener.join();
        registrations.forEach(ServiceRegistration::unregister);
        requests.close();
        Running last;
        synchronized (this) {
            unbindSink();
            last = running;
            running = null;
        }
        if (last != null) {
            last.close();
        }
    }

    private synchronized UplinkOptions options() {
        return options;
    }

    private void configureImages() {
        Optional<ImageTransfer.Target> target =
                options.aggregator()
                        .map(
                                base ->
                                        new ImageTransfer.Target(
                                                base,
                                                options.token(),
                                                options.ownTls() ? this::ownTls : Optional::empty));
        running.images().configure(target, options.imageBytesPerHour(), options.images());
        running.packages().configure(target, downloads());
    }

    /** Where Kura's DEPLOY-V2 looks for what it has downloaded. */
    private Path downloads() {
        try {
            ComponentConfiguration deployment =
                    configurations.getComponentConfiguration(DEPLOYMENT);
            Object folder =
                    deployment == null
                            ? null
                            : deployment.getConfigurationProperties().get("downloads.directory");
            return Path.of(folder == null ? DOWNLOADS : folder.toString());
        } catch (KuraException | RuntimeException e) {
            LOG.warn("the folder of downloads is not known, {} is taken", DOWNLOADS, e);
            return Path.of(DOWNLOADS);
        }
    }

    private Optional<SSLContext> ownTls() throws GeneralSecurityException, IOException {
        SslManagerService manager;
        synchronized (this) {
            manager = sslManager;
        }
        if (manager == null) {
            throw new IOException("the SSL manager chosen for the uplink is not there");
        }
        return Optional.of(manager.getSSLContext());
    }

    private List<Capabilities.Engine> engines() {
        return engines.stream().map(e -> new Capabilities.Engine(e.name(), e.version())).toList();
    }

    private List<HealthCheck> checks() {
        List<HealthCheck> all = new ArrayList<>();
        all.add(this::check);
        all.addAll(checks);
        return all;
    }

    private List<HealthCheck.Result> check() {
        Running now;
        List<HealthCheck.Result> results = new ArrayList<>();
        synchronized (this) {
            now = running;
            results.add(
                    new HealthCheck.Result(
                            "uplink.configuration",
                            refused == null,
                            refused == null
                                    ? "as configured"
                                    : refused + "; the last good configuration stays"));
            if (now == null) {
                results.add(new HealthCheck.Result("uplink.journal", false, opening));
                return results;
            }
        }
        results.add(journal(now.journal()));
        VerdictPublishing.Status verdicts = now.publishing().status();
        results.add(new HealthCheck.Result("uplink.verdicts", verdicts.ok(), verdicts.reason()));
        VerdictPublishing.Status images = now.images().status();
        results.add(new HealthCheck.Result("uplink.images", images.ok(), images.reason()));
        return results;
    }

    private HealthCheck.Result journal(SegmentedJournal journal) {
        String size = journal.bytes() + " bytes of at most " + options().journalBytes();
        String dropped = journal.dropped() + " entries dropped unsent";
        Optional<String> problem = journal.problem();
        return new HealthCheck.Result(
                "uplink.journal",
                problem.isEmpty(),
                problem.map(why -> "verdicts cannot be written: " + why + "; ").orElse("")
                        + size
                        + ", "
                        + dropped);
    }

    @Reference(
            name = "CloudPublisher",
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY,
            target = "(kura.service.pid=karu-verdicts)")
    synchronized void setCloudPublisher(CloudPublisher next, Map<String, Object> properties) {
        unbindSink();
        publisher = next;
        publisherName = String.valueOf(properties.get(ConfigurationService.KURA_SERVICE_PID));
        bindSink();
    }

    synchronized void unsetCloudPublisher(CloudPublisher gone) {
        if (publisher == gone) {
            unbindSink();
            publisher = null;
        }
    }

    private void bindSink() {
        if (running != null && publisher != null) {
            sink =
                    new PublisherSink(
                            publisher, publisherName, running.publishing(), running.evidence());
            sink.open();
        }
    }

    private void unbindSink() {
        if (sink != null) {
            sink.close();
            sink = null;
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addRequestHandlerRegistry(RequestHandlerRegistry registry) {
        try {
            registry.registerRequestHandler(KaruApp.ID, app);
        } catch (KuraException e) {
            LOG.warn("{} is not answered on one cloud connection: {}", KaruApp.ID, e.getMessage());
        }
    }

    void removeRequestHandlerRegistry(RequestHandlerRegistry registry) {
        try {
            registry.unregister(KaruApp.ID);
        } catch (KuraException e) {
            LOG.info("{} was not unregistered: {}", KaruApp.ID, e.getMessage());
        }
    }

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    synchronized void setSampleSpool(SampleSpool next) {
        spool = next;
        bindSpool();
    }

    synchronized void unsetSampleSpool(SampleSpool gone) {
        if (spool == gone) {
            spool = null;
            bindSpool();
        }
    }

    private void bindSpool() {
        if (running != null) {
            running.images().blobs(spool == null ? Optional.empty() : Optional.of(spool::get));
        }
    }

    @Reference(
            name = "SslManagerService",
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY,
            target = NO_SSL_MANAGER)
    synchronized void setSslManagerService(SslManagerService next) {
        sslManager = next;
    }

    synchronized void unsetSslManagerService(SslManagerService gone) {
        if (sslManager == gone) {
            sslManager = null;
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addUplinkResource(UplinkResource resource) {
        requests.add(resource);
    }

    void removeUplinkResource(UplinkResource resource) {
        requests.remove(resource);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addHealthCheck(HealthCheck check) {
        checks.add(check);
    }

    void removeHealthCheck(HealthCheck check) {
        checks.remove(check);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addInferenceEngine(InferenceEngine engine) {
        engines.add(engine);
    }

    void removeInferenceEngine(InferenceEngine engine) {
        engines.remove(engine);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addEvidenceSource(EvidenceSource source) {
        evidence.add(source);
    }

    void removeEvidenceSource(EvidenceSource source) {
        evidence.remove(source);
    }
}
