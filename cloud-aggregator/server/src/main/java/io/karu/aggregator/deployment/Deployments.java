package io.karu.aggregator.deployment;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.configuration.ComponentClient;
import io.karu.aggregator.configuration.ComponentUpdate;
import io.karu.aggregator.configuration.PropertyValue;
import io.karu.aggregator.deployment.DesiredState.DesiredModel;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.GatewayReader;
import io.karu.aggregator.fleet.GatewayStore;
import io.karu.aggregator.fleet.PresenceTracker;
import io.karu.aggregator.fleet.UplinkTokens;
import io.karu.aggregator.mqtt.Requester;
import io.karu.aggregator.security.ModelSigning;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Leadership;
import io.karu.aggregator.trace.Tracing;
import io.karu.api.model.ModelRef;
import io.karu.kura.Topic;
import io.karu.kura.deployment.Finding;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Jobs and desired states. */
public final class Deployments
        implements DeploymentService, PresenceTracker.Listener, AutoCloseable {
    private final JobStore store;
    private final Function<GatewayId, Gateway> fleet;
    private final PackageRepository packages;
    private final EventBus events;
    private final DeploymentTimes times;
    private final JobTrace trace;
    private final Signals signals;
    private final JobExecutor executor;

    private final Reconciliation reconciliation;
    private volatile BiConsumer<GatewayId, Duration> readAgain = (gateway, delay) -> {};
    private final ModelSigning signing;
    private volatile String base = "";

    /**
     * What deployments work with.
     *
     * @param chunkedFrom packages of this many bytes or more travel in chunks where that is
     *     possible
     */
    public record Parts(
            Database database,
            Leadership leadership,
            GatewayStore gatewayStore,
            Function<GatewayId, Gateway> fleet,
            GatewayReader reader,
            Requester requester,
            ComponentClient components,
            UplinkTokens uplinkTokens,
            PackageRepository packages,
            ModelSigning signing,
            EventBus events,
            Tracing tracing,
            MeterRegistry metrics,
            long chunkedFrom) {}

    public Deployments(Parts parts, DeploymentTimes times) {
        this.store = new JobStore(parts.database(), parts.leadership());
        this.trace = new JobTrace(parts.tracing(), store);
        this.signals = new Signals(trace);
        this.fleet = parts.fleet();
        this.packages = parts.packages();
        this.events = parts.events();
        this.times = times;
        this.signing = parts.signing();
        GatewayPort port =
                new GatewayPort(fleet, parts.reader(), parts.requester(), this::checkpoint, times);
        JobSteps install =
                new InstallSteps(
                        port,
                        packages,
                        signals,
                        this::downloadAddress,
                        new ChunkedTransfer(port, parts.uplinkTokens(), parts.chunkedFrom(), times),
                        this::isCancelled,
                        times);
        JobSteps models = new ModelSteps(port, parts.signing(), times);
        JobSteps configuration =
                new ConfigurationSteps(port, parts.components(), parts.uplinkTokens(), times);
        Comparison comparison =
                new Comparison(
                        port,
                        parts.components(),
                        parts.uplinkTokens(),
                        this::gatewayConfiguration,
                        times);
        this.reconciliation =
                new Reconciliation(
                        new Reconciliation.Parts(
                                comparison,
                                fleet,
                                parts.gatewayStore(),
                                store,
                                this,
                                events,
                                this::readAgain),
                        times);
        this.executor =
                new JobExecutor(
                        store,
                        order ->
                                order instanceof Order.InstallPackage
                                        ? install
                                        : order instanceof Order.WriteConfiguration
                                                ? configuration
                                                : models,
                        events,
                        this::achieved,
                        this::ended,
                        times.poll().multipliedBy(2),
                        parts.leadership(),
                        trace,
                        parts.metrics());
    }

    private void checkpoint(JobRun run) {
        executor.checkpoint(run);
    }

    private boolean isCancelled(long job) {
        return store.isCancelWanted(job);
    }

    /**
     * Goes on with every unfinished job.
     *
     * @param address the aggregator's HTTP address as gateways reach it, without a final slash
     * @param reading reads a gateway after a delay
     */
    public void start(String address, BiConsumer<GatewayId, Duration> reading) {
        base = address;
        readAgain = reading;
        executor.start();
    }

    private void readAgain(GatewayId gateway, Duration delay) {
        readAgain.accept(gateway, delay);
    }

    private List<ComponentUpdate> gatewayConfiguration() {
        return Uplink.configuration(base, signing);
    }

    /** Takes a notification of DEPLOY-V2. */
    public void receive(Topic.Notification topic, byte[] payload) {
        signals.receive(topic, payload);
        executor.wakeIfBusy(new GatewayId(topic.account(), topic.clientId()));
    }

    @Override
    public Job create(GatewayId gateway, Order order, Optional<Instant> notBefore, String origin) {
        Gateway target = fleet.apply(gateway);
        if (order instanceof Order.InstallPackage install) {
            requireFit(target, install);
        }
        Job job = store.insert(gateway, order, notBefore, origin);
        store.log(
                job.id(),
                new JobEntry(job.createdAt(), JobState.QUEUED, false, "ordered by " + origin));
        events.publish(new Event.JobChanged(job));
        executor.wake(gateway);
        return job;
    }

    private void requireFit(Gateway gateway, Order.InstallPackage install) {
        PackageId id = install.packageId();
        if (packages.find(id).isEmpty()) {
            throw new AggregatorException(
                    Code.PACKAGE_NOT_FOUND,
                    "no package " + id + " is in the repository; upload it");
        }
        boolean replaces =
                gateway.inventory()
                        .flatMap(inventory -> inventory.find(id.name()))
                        .filter(installed -> !installed.version().equals(id.version()))
                        .isPresent();
        if (id.carriesNatives() && replaces && install.restart() == Order.Restart.NEVER) {
            throw new AggregatorException(
                    Code.PACKAGE_NEEDS_RESTART,
                    id.name()
                            + " carries a native library: it is replaced only with a restart of the gateway; order the restart, in a maintenance window if needed");
        }
        List<Finding> errors =
                packages.findings(id, gateway.id()).stream()
                        .filter(f -> f.isError() && f.code() != Finding.Code.IMPORT_UNSATISFIED)
                        .toList();
        if (!errors.isEmpty()) {
            throw new AggregatorException(
                    Code.PACKAGE_UNFIT_FOR_GATEWAY,
                    id
                            + " does not fit "
                            + gateway.id()
                            + ": "
                            + String.join("; ", errors.stream().map(Finding::message).toList()),
                    Map.of("findings", errors),
                    null);
        }
    }

    @Override
    public Job get(long id) {
        return store.find(id)
                .map(JobStore.Kept::job)
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.JOB_NOT_FOUND, "no job " + id + " is known"));
    }

    @Override
    public Optional<Job> find(GatewayId gateway, String origin) {
        return store.ofOrigin(gateway, origin);
    }

    @Override
    public List<Job> list(JobQuery query) {
        return store.list(query);
    }

    @Override
    public List<JobEntry> history(long id) {
        get(id);
        return store.history(id);
    }

    @Override
    public Job cancel(long id) {
        Job job = get(id);
        boolean stoppable =
                switch (job.state()) {
                    case QUEUED, SENDING, TRANSFERRING -> !job.restoring();
                    default -> false;
                };
        if (!stoppable) {
            throw new AggregatorException(
                    Code.JOB_STATE,
                    "job " + id + " is " + job.state() + " and cannot be cancelled");
        }
        if (job.state() == JobState.QUEUED) {
            JobStore.Kept kept = store.find(id).orElseThrow();
            JobRun run = new JobRun(kept);
            run.fail(Job.FailureCode.CANCELLED, "cancelled", "nothing was changed");
            Job result = run.result();
            if (store.end(kept.job(), result, run.memo(), run.entries().stream().findFirst())) {
                executor.measure(result);
                events.publish(new Event.JobChanged(result));
                executor.wake(job.gateway());
                return result;
            }
        }
        store.wantCancelled(id);
        executor.wake(job.gateway());
        return get(id);
    }

    @Override
    public Job retry(long id, String origin) {
        Job job = get(id);
        if (job.state() != JobState.FAILED && job.state() != JobState.CANCELLED) {
            throw new AggregatorException(
                    Code.JOB_STATE,
                    "job "
                            + id
                            + " is "
                            + job.state()
                            + "; only a failed or cancelled one is ordered again");
        }
        return create(job.gateway(), job.order(), Optional.empty(), origin);
    }

    @Override
    public DesiredState desired(GatewayId gateway) {
        fleet.apply(gateway);
        return store.desired(gateway);
    }

    @Override
    public DesiredState desire(GatewayId gateway, DesiredState desired) {
        fleet.apply(gateway);
        for (PackageId id : desired.packages()) {
            if (packages.find(id).isEmpty()) {
                throw new AggregatorException(
                        Code.PACKAGE_NOT_FOUND,
                        "no package " + id + " is in the repository; upload it");
            }
        }
        store.changeDesired(gateway, before -> desired);
        readAgain(gateway, Duration.ZERO);
        return desired;
    }

    @Override
    public Download download(String token, String fileName) {
        JobStore.Token opened =
                store.token(token)
                        .filter(t -> t.packageId().fileName().equals(fileName))
                        .orElseThrow(Deployments::noDownload);
        StoredPackage content =
                packages.find(opened.packageId()).orElseThrow(Deployments::noDownload);
        return new Download(
                opened.job(),
                content.id(),
                packages.file(content.id()),
                content.sizeBytes(),
                content.sha256());
    }

    private static AggregatorException noDownload() {
        return new AggregatorException(
                Code.DOWNLOAD_NOT_FOUND, "this address is not known, or its time is over");
    }

    private String downloadAddress(long job, PackageId id) {
        String token = store.issueToken(job, id, Instant.now().plus(times.token()));
        return base + "/dl/" + token + "/" + id.fileName();
    }

    /** Compares a gateway with its desired state, shows the drift and orders repairs. */
    public void compare(GatewayId id) {
        reconciliation.compare(id);
    }

    /**
     * A change that a gateway confirmed outside a job: what is desired follows, so that it is not
     * undone.
     */
    public void adopt(GatewayId gateway, ComponentUpdate update) {
        store.changeDesired(
                gateway,
                desired ->
                        desired.configurations().stream()
                                        .anyMatch(c -> c.pid().equals(update.pid()))
                                ? with(desired, update)
                                : desired);
    }

    private void achieved(Job job, Memo memo) {
        store.changeDesired(job.gateway(), desired -> achieved(desired, job.order(), memo));
    }

    private void ended(Job job) {
        signals.forget(job.gateway(), job.id());
        readAgain(job.gateway(), Duration.ZERO);
    }

    private static DesiredState achieved(DesiredState desired, Order order, Memo memo) {
        if (order instanceof Order.InstallPackage install) {
            List<PackageId> others =
                    new ArrayList<>(
                            desired.packages().stream()
                                    .filter(p -> !p.name().equals(install.packageId().name()))
                                    .toList());
            others.add(install.packageId());
            return new DesiredState(others, desired.models(), desired.configurations());
        }
        if (order instanceof Order.ActivateModel activate) {
            // A challenger is a trial that ends by itself when it is promoted.
            if (activate.alias().equals(ModelRef.CHALLENGER)) {
                return desired;
            }
            return with(
                    desired,
                    new DesiredModel(activate.name(), activate.alias(), activate.digest()));
        }
        if (order instanceof Order.RollBackModel rollBack) {
            return memo.digestBefore()
                    .map(d -> with(desired, new DesiredModel(rollBack.name(), rollBack.alias(), d)))
                    .orElse(desired);
        }
        if (order instanceof Order.ClearModel clear) {
            return without(desired, clear.name(), clear.alias());
        }
        DesiredState result = desired;
        for (ComponentUpdate update : ((Order.WriteConfiguration) order).updates()) {
            result = Uplink.isOwn(update.pid()) ? result : with(result, update);
        }
        return result;
    }

    private static DesiredState with(DesiredState desired, DesiredModel model) {
        DesiredState others = without(desired, model.name(), model.alias());
        List<DesiredModel> models = new ArrayList<>(others.models());
        models.add(model);
        return new DesiredState(desired.packages(), models, desired.configurations());
    }

    private static DesiredState without(DesiredState desired, String model, String alias) {
        return new DesiredState(
                desired.packages(),
                desired.models().stream()
                        .filter(m -> !m.name().equals(model) || !m.alias().equals(alias))
                        .toList(),
                desired.configurations());
    }

    /** Passwords are not kept: they cannot be compared, and the gateway has them. */
    private static DesiredState with(DesiredState desired, ComponentUpdate update) {
        Map<String, ComponentUpdate> byPid = new LinkedHashMap<>();
        desired.configurations().forEach(c -> byPid.put(c.pid(), c));
        Map<String, PropertyValue> properties = new TreeMap<>();
        Optional.ofNullable(byPid.get(update.pid()))
                .ifPresent(before -> properties.putAll(before.properties()));
        update.properties()
                .forEach(
                        (name, value) -> {
                            if (value.type() != PropertyValue.Type.PASSWORD) {
                                properties.put(name, value);
                            }
                        });
        Optional<String> factory =
                update.factoryPid()
                        .or(
                                () ->
                                        Optional.ofNullable(byPid.get(update.pid()))
                                                .flatMap(ComponentUpdate::factoryPid));
        byPid.put(update.pid(), new ComponentUpdate(update.pid(), factory, properties));
        return new DesiredState(desired.packages(), desired.models(), List.copyOf(byPid.values()));
    }

    @Override
    public void born(GatewayId gateway) {
        executor.wakeIfBusy(gateway);
    }

    @Override
    public void gone(GatewayId gateway, String reason) {
        executor.wakeIfBusy(gateway);
    }

    @Override
    public void close() {
        executor.close();
    }
}
