package io.karu.aggregator;

import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.blob.BlobStore;
import io.karu.aggregator.compression.Compressions;
import io.karu.aggregator.configuration.ConfigurationService;
import io.karu.aggregator.deployment.DeploymentService;
import io.karu.aggregator.deployment.DeploymentTimes;
import io.karu.aggregator.deployment.PackageRepository;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.evidence.EvidenceStore;
import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.PresenceTracker;
import io.karu.aggregator.identity.Authority;
import io.karu.aggregator.identity.Enrolments;
import io.karu.aggregator.identity.GatewayIdentities;
import io.karu.aggregator.identity.IdentityUpkeep;
import io.karu.aggregator.metrics.Metrics;
import io.karu.aggregator.registry.Registry;
import io.karu.aggregator.rollout.RolloutTimes;
import io.karu.aggregator.rollout.Rollouts;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.trace.Tracing;
import io.karu.aggregator.verdict.VerdictStore;
import java.io.IOException;
import java.util.Optional;

/**
 * One aggregator without its faces: database, broker, fleet, deployments, models, verdicts. {@link
 * #open} connects everything and takes in what gateways say; {@link #start} begins to act on them.
 */
public final class Aggregator implements AutoCloseable {
    private final CoreParts core;
    private final BrokerLink broker;
    private final FleetParts fleet;
    private final Enrolments enrolments;
    private final DeliveryParts delivery;
    private final ModelParts models;
    private final VerdictParts verdicts;

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
        Owned owned = new Owned();
        try {
            return new Aggregator(new CoreParts(settings, tracing, owned), jobs, rollouts);
        } catch (IOException | RuntimeException e) {
            owned.close();
            throw e;
        }
    }

    /** In the order in which one needs another. */
    private Aggregator(CoreParts core, DeploymentTimes jobs, RolloutTimes rolloutTimes)
            throws IOException {
        this.core = core;
        broker = new BrokerLink(core);
        fleet = new FleetParts(core, broker, jobs);
        enrolments = fleet.enrolments();
        delivery = new DeliveryParts(core, fleet, jobs);
        models = new ModelParts(core, fleet, delivery, rolloutTimes);
        verdicts = new VerdictParts(core);
        listen();
    }

    /** Takes in what gateways say. */
    private void listen() throws IOException {
        fleet.presence.listen(requesterListener());
        fleet.presence.listen(delivery.deployments);
        fleet.presence.listen(fleet.watch);
        fleet.presence.listen(enrolments);
        fleet.watch.afterReading(delivery.deployments::compare);
        core.owned.own(fleet.requester);
        broker.connect(
                new Inbox(
                        fleet.presence,
                        fleet.requester,
                        delivery.deployments,
                        verdicts.ingest,
                        core.metrics.registry()));
    }

    /** Of this Karu. */
    static String version() {
        return Optional.ofNullable(Aggregator.class.getPackage().getImplementationVersion())
                .orElse("0.1.0");
    }

    private PresenceTracker.Listener requesterListener() {
        return new PresenceTracker.Listener() {
            @Override
            public void born(GatewayId gateway) {
                // requests go on
            }

            @Override
            public void gone(GatewayId gateway, String reason) {
                fleet.requester.gone(gateway, reason);
            }
        };
    }

    /**
     * Begins to read gateways, to go on with jobs, and to keep retention.
     *
     * @param base the HTTP address as gateways reach it, without a final slash
     */
    public void start(String base) {
        core.leadership.start();
        delivery.deployments.start(base, fleet.watch::readAfter);
        models.aliasMover.catchUp();
        models.rollouts.start();
        fleet.watch.start();
        models.compressions.start();
        enrolments.start();
        core.owned.own(new IdentityUpkeep(authority(), identities())).start();
        core.owned
                .own(
                        new Retention(
                                core.settings,
                                verdicts.verdicts,
                                models.evidence,
                                verdicts.blobs,
                                core.leadership::held))
                .start();
    }

    /** The broker's address for gateways. */
    public String brokerUrl() {
        return broker.url();
    }

    public Settings settings() {
        return core.settings;
    }

    public Tracing tracing() {
        return core.tracing;
    }

    public Metrics metrics() {
        return core.metrics;
    }

    public Database database() {
        return core.database;
    }

    public Audit audit() {
        return core.audit;
    }

    public GatewayIdentities identities() {
        return fleet.trust.identities;
    }

    public Enrolments enrolments() {
        return enrolments;
    }

    public Authority authority() {
        return fleet.trust.authority;
    }

    public EventBus events() {
        return core.events;
    }

    public FleetService fleet() {
        return fleet.fleet;
    }

    public ConfigurationService configurations() {
        return delivery.configurations;
    }

    public PackageRepository packages() {
        return delivery.packages;
    }

    public DeploymentService deployments() {
        return delivery.deployments;
    }

    public Registry registry() {
        return models.registry;
    }

    /** What gateways report of their model versions. */
    public EvidenceStore evidence() {
        return models.evidence;
    }

    public Rollouts rollouts() {
        return models.rollouts;
    }

    public Compressions compressions() {
        return models.compressions;
    }

    public VerdictStore verdicts() {
        return verdicts.verdicts;
    }

    public BlobStore blobs() {
        return verdicts.blobs;
    }

    /** Whether images can be kept and read now. */
    public boolean keepsBlobs() {
        return verdicts.blobContent.answers();
    }

    /** Whether the broker is connected. */
    public boolean connected() {
        return broker.connected();
    }

    /** What is known of a gateway. */
    Gateway gateway(GatewayId id) {
        return fleet.fleet.get(id);
    }

    @Override
    public void close() {
        core.owned.close();
    }
}
