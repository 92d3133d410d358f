package io.karu.aggregator;

import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.blob.BlobStore;
import io.karu.aggregator.blob.ContentFolder;
import io.karu.aggregator.blob.ContentStore;
import io.karu.aggregator.blob.DatabaseBlobStore;
import io.karu.aggregator.blob.S3Content;
import io.karu.aggregator.blob.S3Settings;
import io.karu.aggregator.compression.Compressions;
import io.karu.aggregator.configuration.ComponentClient;
import io.karu.aggregator.configuration.ConfigurationService;
import io.karu.aggregator.configuration.Configurations;
import io.karu.aggregator.deployment.DeploymentService;
import io.karu.aggregator.deployment.DeploymentTimes;
import io.karu.aggregator.deployment.Deployments;
import io.karu.aggregator.deployment.FilePackageRepository;
import io.karu.aggregator.deployment.PackageRepository;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.evidence.EvidenceStore;
import io.karu.aggregator.fleet.Fleet;
import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.fleet.FleetSettings;
import io.karu.aggregator.fleet.FleetWatch;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayAccess;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.GatewayReader;
import io.karu.aggregator.fleet.GatewayStore;
import io.karu.aggregator.fleet.PresenceTracker;
import io.karu.aggregator.fleet.UplinkTokens;
import io.karu.aggregator.identity.Authority;
import io.karu.aggregator.identity.CertificateAuthority;
import io.karu.aggregator.identity.Enrolments;
import io.karu.aggregator.identity.EstAuthority;
import io.karu.aggregator.identity.GatewayIdentities;
import io.karu.aggregator.identity.GatewayNaming;
import io.karu.aggregator.identity.IdentitySettings;
import io.karu.aggregator.identity.IdentityUpkeep;
import io.karu.aggregator.metrics.Metrics;
import io.karu.aggregator.metrics.StateMetrics;
import io.karu.aggregator.mqtt.EmbeddedBroker;
import io.karu.aggregator.mqtt.LinkSettings;
import io.karu.aggregator.mqtt.MqttLink;
import io.karu.aggregator.mqtt.MqttServer;
import io.karu.aggregator.mqtt.Requester;
import io.karu.aggregator.registry.DatabaseModelAliases;
import io.karu.aggregator.registry.DatabaseModelRegistry;
import io.karu.aggregator.registry.DatabaseModelReports;
import io.karu.aggregator.registry.DatabaseRegisteredModels;
import io.karu.aggregator.registry.EngineCheck;
import io.karu.aggregator.registry.Lineage;
import io.karu.aggregator.registry.MlBom;
import io.karu.aggregator.registry.ModelAliases;
import io.karu.aggregator.registry.ModelPackager;
import io.karu.aggregator.registry.ModelRegistry;
import io.karu.aggregator.registry.ModelReports;
import io.karu.aggregator.registry.ModelUses;
import io.karu.aggregator.registry.Registry;
import io.karu.aggregator.registry.Uploads;
import io.karu.aggregator.registry.VersionComparison;
import io.karu.aggregator.registry.VersionContent;
import io.karu.aggregator.rollout.AliasMover;
import io.karu.aggregator.rollout.RolloutTimes;
import io.karu.aggregator.rollout.Rollouts;
import io.karu.aggregator.security.ModelSigning;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Leadership;
import io.karu.aggregator.trace.Tracing;
import io.karu.aggregator.verdict.DatabaseVerdictStore;
import io.karu.aggregator.verdict.VerdictIngest;
import io.karu.aggregator.verdict.VerdictStore;
import io.karu.kura.Topic;
import io.karu.kura.Topics;
import io.micrometer.core.instrument.Gauge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One aggregator without its faces: database, broker, fleet, deployments, models, verdicts. {@link
 * #open} connects everything and takes in what gateways say; {@link #start} begins to act on them.
 */
public final class Aggregator implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Aggregator.class);

    private final Settings settings;
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final Tracing tracing;
    private Metrics metrics;
    private Database database;
    private Leadership leadership;
    private EventBus events;
    private Audit audit;
    private Authority authority;
    private GatewayIdentities identities;
    private Enrolments enrolments;
    private GatewayStore gatewayStore;
    private PresenceTracker presence;
    private Requester requester;
    private FleetWatch watch;
    private Fleet fleet;
    private FilePackageRepository packages;
    private Deployments deployments;
    private Configurations configurations;
    private Registry registry;
    private Compressions compressions;
    private DatabaseVerdictStore verdicts;
    private EvidenceStore evidence;
    private Rollouts rollouts;
    private AliasMover aliasMover;
    private DatabaseBlobStore blobs;
    private ContentStore blobContent;
    private MqttServer broker;
    private volatile MqttLink link;

    private Aggregator(Settings settings, Tracing tracing) {
        this.tracing = tracing;
        this.settings = settings;
    }

    /**
     * Opens the database, starts or joins the broker, and subscribes.
     *
     * @throws IOException when the data directory, the database or the broker cannot be used; what
     *     was opened is closed again
     */
    public static Aggregator open(Settings settings) throws IOException {
        return open(settings, settings.deployment());
    }

    static Aggregator open(Settings settings, DeploymentTimes times) throws IOException {
        return open(
                settings,
                times,
                RolloutTimes.DEFAULT,
                settings.traces()
                        .map(endpoint -> Tracing.otlp(endpoint, settings.requesterId()))
                        .orElseGet(Tracing::off));
    }

    static Aggregator open(
            Settings settings, DeploymentTimes jobs, RolloutTimes rollouts, Tracing tracing)
            throws IOException {
        Aggregator aggregator = new Aggregator(settings, tracing);
        try {
            aggregator.assemble(jobs, rollouts);
            return aggregator;
        } catch (IOException | RuntimeException e) {
            aggregator.close();
            throw e;
        }
    }

    private void assemble(DeploymentTimes times, RolloutTimes rolloutTimes) throws IOException {
        Path data = Files.createDirectories(settings.data());
        own(tracing);
        metrics = own(new Metrics());
        database = own(Database.open(settings.database()));
        database.measure(metrics.registry());
        StateMetrics.bind(database, metrics);
        leadership =
                own(
                        new Leadership(
                                database,
                                settings.requesterId(),
                                settings.sharedGroup().isEmpty()));
        events = own(new EventBus());
        audit = new Audit(database.jdbi(), events, Clock.systemUTC());
        gatewayStore = new GatewayStore(database);
        identities = identities(data.resolve("authority"), settings.identity());
        GatewayAccess access = new GatewayAccess(gatewayStore, events, identities);
        presence = new PresenceTracker(gatewayStore, access, events);
        if (leadership.alone()) {
            presence.restarted();
        }
        UplinkTokens uplinkTokens = new UplinkTokens(database);
        requester =
                new Requester(
                        settings.requesterId(),
                        presence,
                        this::publish,
                        settings.afterBirth(),
                        metrics.registry(),
                        tracing);
        GatewayReader reader = new GatewayReader(gatewayStore, requester, events, times.request());
        watch =
                own(
                        new FleetWatch(
                                gatewayStore, reader, settings.fleetReading(), leadership::held));
        broker = startBroker(access);
        fleet =
                new Fleet(
                        gatewayStore,
                        reader,
                        uplinkTokens,
                        events,
                        new FleetSettings(settings.requesterId(), brokerUrl()));
        fleet.whenRemoving(identities::forget);
        if (settings.brokerFiles().isPresent()) {
            new BrokerFiles(
                            settings.brokerFiles().get(),
                            settings,
                            broker,
                            gatewayStore,
                            identities)
                    .keep(fleet);
        }
        ModelSigning signing = ModelSigning.open(data.resolve("keys"), settings.keysInToken());
        Optional<ContentStore> sharedPackages =
                settings.s3().isPresent() ? Optional.of(content("packages")) : Optional.empty();
        packages =
                new FilePackageRepository(
                        data.resolve("packages"), sharedPackages, database, fleet::get);
        ComponentClient components = new ComponentClient(requester, times.request());
        enrolments =
                own(
                        new Enrolments(
                                new Enrolments.Parts(
                                        identities,
                                        requester,
                                        components,
                                        audit,
                                        id ->
                                                gatewayStore
                                                        .find(id)
                                                        .filter(Gateway::online)
                                                        .isPresent(),
                                        leadership::held),
                                new Enrolments.Times(
                                        times.request(), settings.identity().pause())));
        deployments =
                own(
                        new Deployments(
                                new Deployments.Parts(
                                        database,
                                        leadership,
                                        gatewayStore,
                                        fleet::get,
                                        reader,
                                        requester,
                                        components,
                                        uplinkTokens,
                                        packages,
                                        signing,
                                        events,
                                        tracing,
                                        metrics.registry(),
                                        settings.chunkedFrom()),
                                times));
        configurations = new Configurations(components, deployments::adopt);
        ModelRegistry models =
                new DatabaseModelRegistry(
                        data.resolve("unpacking"),
                        database,
                        packages,
                        deployments,
                        new ModelPackager(signing, settings.bundleSigner()),
                        new EngineCheck(data.resolve("checking")),
                        events);
        registry = registry(models, signing);
        compressions =
                own(
                        new Compressions(
                                database,
                                reader,
                                models,
                                registry.reports(),
                                data.resolve("fetching")));
        verdicts = new DatabaseVerdictStore(database);
        evidence = new EvidenceStore(database);
        rollouts =
                own(
                        new Rollouts(
                                new Rollouts.Parts(
                                        database,
                                        fleet,
                                        deployments,
                                        configurations,
                                        packages,
                                        models,
                                        evidence,
                                        leadership,
                                        events,
                                        tracing),
                                settings.rolloutsNeedSecondPerson(),
                                rolloutTimes));
        aliasMover = own(new AliasMover(rollouts, registry.aliases(), events));
        VerdictIngest ingest = own(new VerdictIngest(verdicts, events, metrics.registry()));
        blobContent = content("blobs");
        blobs = new DatabaseBlobStore(blobContent, database, settings.blobLimits());
        presence.listen(requesterListener());
        presence.listen(deployments);
        presence.listen(watch);
        presence.listen(enrolments);
        watch.afterReading(deployments::compare);
        own(requester);
        Inbox inbox = new Inbox(presence, requester, deployments, ingest, metrics.registry());
        link =
                own(
                        MqttLink.connect(
                                new LinkSettings(
                                        broker, settings.requesterId(), settings.sharedGroup()),
                                new Topics(settings.controlPrefix()),
                                inbox::receive));
        Gauge.builder("karu.leader", leadership, l -> l.held() ? 1 : 0)
                .register(metrics.registry());
        Gauge.builder("karu.broker.connected", this, self -> self.connected() ? 1 : 0)
                .register(metrics.registry());
    }

    private GatewayIdentities identities(Path folder, IdentitySettings wanted) throws IOException {
        authority = new Authority(folder, wanted.lives(), wanted.authority());
        CertificateAuthority issuer =
                wanted.est().isPresent()
                        ? new EstAuthority(
                                wanted.est().get(),
                                GatewayNaming.own(settings.account()),
                                folder.resolve("est.pem"))
                        : authority;
        List<X509Certificate> others = new ArrayList<>(wanted.foreign());
        if (issuer != authority) {
            others.addAll(issuer.trusted());
        }
        authority.trustAlso(others);
        return new GatewayIdentities(
                authority,
                issuer,
                new GatewayIdentities.Parts(
                        database,
                        events,
                        settings.account(),
                        wanted.naming(),
                        wanted.foreign(),
                        wanted.lives(),
                        gatewayStore::list,
                        gatewayStore::find));
    }

    /** Files by content: a folder of the data directory, or what S3 keeps under that name. */
    private ContentStore content(String name) throws IOException {
        Optional<S3Settings> s3 = settings.s3();
        return own(
                s3.isPresent()
                        ? new S3Content(
                                s3.get().below(name), settings.data().resolve("outgoing/" + name))
                        : new ContentFolder(settings.data().resolve(name)));
    }

    private Registry registry(ModelRegistry models, ModelSigning signing) throws IOException {
        ModelAliases aliases = new DatabaseModelAliases(database, models, events);
        ModelReports reports = new DatabaseModelReports(content("reports"), database);
        VersionContent files = new VersionContent(packages);
        return new Registry(
                models,
                new DatabaseRegisteredModels(database, events),
                aliases,
                reports,
                files,
                new Uploads(settings.data().resolve("uploads")),
                new Lineage(models, aliases, reports, own(new ModelUses(database, events))),
                new VersionComparison(models, reports),
                new MlBom(models, reports, files, version()),
                signing);
    }

    /** Of this Karu. */
    static String version() {
        return Optional.ofNullable(Aggregator.class.getPackage().getImplementationVersion())
                .orElse("0.1.0");
    }

    private MqttServer startBroker(GatewayAccess access) throws IOException {
        Optional<MqttServer> external = settings.externalBroker();
        if (external.isPresent()) {
            return external.get();
        }
        EmbeddedBroker embedded =
                own(
                        EmbeddedBroker.start(
                                settings.data().resolve("broker"),
                                settings.embeddedBroker(),
                                authority,
                                settings.controlPrefix(),
                                access));
        embedded.metrics().bindTo(metrics.registry());
        identities.onCut(
                (gateway, reason) -> {
                    embedded.disconnect(gateway.clientId());
                    presence.cutOff(gateway, reason);
                });
        return embedded.server();
    }

    private <T extends AutoCloseable> T own(T part) {
        parts.push(part);
        return part;
    }

    private CompletableFuture<Void> publish(Topic topic, byte[] payload) {
        MqttLink connection = link;
        if (connection == null || !connection.connected()) {
            return CompletableFuture.failedFuture(
                    new IOException("the aggregator is not connected to its broker " + broker));
        }
        return connection.publish(topic, payload);
    }

    private PresenceTracker.Listener requesterListener() {
        return new PresenceTracker.Listener() {
            @Override
            public void born(GatewayId gateway) {
                // requests go on
            }

            @Override
            public void gone(GatewayId gateway, String reason) {
                requester.gone(gateway, reason);
            }
        };
    }

    /**
     * Begins to read gateways, to go on with jobs, and to keep retention.
     *
     * @param base the HTTP address as gateways reach it, without a final slash
     */
    public void start(String base) {
        leadership.start();
        deployments.start(base, watch::readAfter);
        aliasMover.catchUp();
        rollouts.start();
        watch.start();
        compressions.start();
        enrolments.start();
        own(new IdentityUpkeep(authority, identities)).start();
        own(new Retention(settings, verdicts, evidence, blobs, leadership::held)).start();
    }

    /** The broker's address for gateways. */
    public String brokerUrl() {
        return settings.advertisedBroker().orElseGet(() -> broker.address().toString());
    }

    public Settings settings() {
        return settings;
    }

    public Tracing tracing() {
        return tracing;
    }

    public Metrics metrics() {
        return metrics;
    }

    public Database database() {
        return database;
    }

    public Audit audit() {
        return audit;
    }

    public GatewayIdentities identities() {
        return identities;
    }

    public Enrolments enrolments() {
        return enrolments;
    }

    public Authority authority() {
        return authority;
    }

    public EventBus events() {
        return events;
    }

    public FleetService fleet() {
        return fleet;
    }

    public ConfigurationService configurations() {
        return configurations;
    }

    public PackageRepository packages() {
        return packages;
    }

    public DeploymentService deployments() {
        return deployments;
    }

    public Registry registry() {
        return registry;
    }

    /** What gateways report of their model versions. */
    public EvidenceStore evidence() {
        return evidence;
    }

    public Rollouts rollouts() {
        return rollouts;
    }

    public Compressions compressions() {
        return compressions;
    }

    public VerdictStore verdicts() {
        return verdicts;
    }

    public BlobStore blobs() {
        return blobs;
    }

    /** Whether images can be kept and read now. */
    public boolean keepsBlobs() {
        return blobContent.answers();
    }

    /** Whether the broker is connected. */
    public boolean connected() {
        return link != null && link.connected();
    }

    /** What is known of a gateway. */
    Gateway gateway(GatewayId id) {
        return fleet.get(id);
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                LOG.warn("A part did not stop cleanly", e);
            }
        }
    }
}
