package io.karu.aggregator.rollout;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.configuration.ConfigurationService;
import io.karu.aggregator.deployment.DeploymentService;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.deployment.PackageRepository;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.evidence.EvidenceStore;
import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.registry.ModelRegistry;
import io.karu.aggregator.rollout.Instruction.Changed;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Leadership;
import io.karu.aggregator.trace.Tracing;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Rollouts in the database, and the executor that advances them. */
public final class Rollouts implements RolloutService, AutoCloseable {
    private final RolloutStore store;
    private final FleetService fleet;
    private final PackageRepository packages;
    private final ModelRegistry models;
    private final EventBus events;
    private final RolloutTimes times;
    private final boolean secondPerson;
    private final Orders orders;
    private final RolloutTrace trace;
    private final RolloutExecutor executor;
    private final SiteBandwidth bandwidth;

    /** What rollouts work with. */
    public record Parts(
            Database database,
            FleetService fleet,
            DeploymentService deployments,
            ConfigurationService configurations,
            PackageRepository packages,
            ModelRegistry models,
            EvidenceStore evidence,
            Leadership leadership,
            EventBus events,
            Tracing tracing) {}

    /**
     * @param secondPerson whether every rollout needs a second person's approval
     */
    public Rollouts(Parts parts, boolean secondPerson, RolloutTimes times) {
        this.store = new RolloutStore(parts.database());
        this.fleet = parts.fleet();
        this.packages = parts.packages();
        this.models = parts.models();
        this.events = parts.events();
        this.times = times;
        this.secondPerson = secondPerson;
        this.orders = new Orders(parts.models());
        BaselineReader baselines =
                new BaselineReader(parts.fleet(), parts.configurations(), parts.evidence());
        MemberSteps members =
                new MemberSteps(store.members(), parts.deployments(), orders, baselines);
        RolloutSteps steps =
                new RolloutSteps(
                        new RolloutSteps.Parts(store, parts.fleet(), members, orders, baselines),
                        times);
        this.trace = new RolloutTrace(parts.tracing(), store);
        this.executor =
                new RolloutExecutor(
                        store, steps, members, parts.events(), parts.leadership(), trace, times);
        this.bandwidth =
                new SiteBandwidth(
                        job -> line(parts.deployments().get(job)), SiteBandwidth.Ticker.SYSTEM);
    }

    private Optional<SiteBandwidth.Line> line(Job job) {
        Optional<Rollout> rollout = RolloutOrigin.rollout(job.origin()).flatMap(store::find);
        return rollout.map(Rollout::plan)
                .map(RolloutPlan::perSite)
                .map(RolloutPlan.SiteLimit::bytesPerSecond)
                .map(
                        limit ->
                                new SiteBandwidth.Line(
                                        rollout.get().id(),
                                        fleet.get(job.gateway()).site(),
                                        limit));
    }

    /** Goes on with every rollout that has not ended. */
    public void start() {
        executor.start();
    }

    @Override
    public OutputStream paced(long job, OutputStream out) {
        return bandwidth.limit(job, out);
    }

    @Override
    public String describe(Artefact artefact) {
        return orders.describe(artefact);
    }

    @Override
    public Map<String, List<GatewayId>> preview(RolloutPlan plan) {
        check(plan);
        Map<String, List<GatewayId>> named = new LinkedHashMap<>();
        distribute(plan)
                .forEach((group, gateways) -> named.put(plan.groups().get(group).name(), gateways));
        return named;
    }

    @Override
    public boolean needsApproval(RolloutPlan plan) {
        return plan.approval() || secondPerson;
    }

    @Override
    public Rollout create(RolloutPlan plan, String person) {
        check(plan);
        Map<Integer, List<GatewayId>> members = distribute(plan);
        Instant now = Instant.now();
        RolloutUpdate first =
                needsApproval(plan)
                        ? RolloutUpdate.to(
                                        RolloutState.WAITING_FOR_APPROVAL,
                                        "a second person has to approve it")
                                .awaiting(
                                        "a person other than " + person, now.plus(times.approval()))
                        : ready();
        long id = store.insert(plan, first, person, members);
        return told(id);
    }

    private RolloutUpdate ready() {
        return RolloutUpdate.to(RolloutState.READY, "nobody has started it yet")
                .awaiting("a person: start", Instant.now().plus(times.decision()));
    }

    private void check(RolloutPlan plan) {
        if (plan.artefact() instanceof Artefact.Model model) {
            models.get(model.name(), model.digest());
        } else if (plan.artefact() instanceof Artefact.Package dp) {
            PackageId id = new PackageId(dp.name(), dp.version());
            if (packages.find(id).isEmpty()) {
                throw new AggregatorException(
                        Code.PACKAGE_NOT_FOUND,
                        "no package " + id + " is in the repository; upload it");
            }
        }
    }

    private Map<Integer, List<GatewayId>> distribute(RolloutPlan plan) {
        List<Gateway> targets = fleet.list().stream().filter(plan.targets()::fits).toList();
        return Distribution.of(plan, targets);
    }

    @Override
    public Rollout get(long id) {
        return store.find(id)
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.ROLLOUT_NOT_FOUND, "no rollout " + id + " is known"));
    }

    @Override
    public List<Rollout> list(Optional<Long> before, int limit) {
        return store.list(before, limit);
    }

    @Override
    public List<RolloutMember> members(long id) {
        get(id);
        return store.members().list(id);
    }

    @Override
    public List<RolloutEntry> history(long id) {
        get(id);
        return store.history(id);
    }

    @Override
    public Rollout act(long id, Instruction instruction) {
        Rollout rollout = get(id);
        switch (instruction.verb()) {
            case APPROVE -> approve(rollout, instruction);
            case DENY ->
                    move(
                            rollout,
                            instruction,
                            RolloutState.DENIED,
                            "denied by " + instruction.person());
            case START -> start(rollout, instruction);
            case PAUSE ->
                    save(
                            rollout,
                            instruction,
                            RolloutUpdate.to(
                                            RolloutState.PAUSED,
                                            "paused by " + instruction.person())
                                    .awaiting(
                                            "a person: resume or stop",
                                            Instant.now().plus(times.decision())));
            case RESUME -> resume(rollout, instruction);
            case STOP -> stop(rollout, instruction);
            case RETRY -> retry(rollout, instruction);
            case NEXT_GROUP -> nextGroup(rollout, instruction);
            case REVERT ->
                    move(
                            rollout,
                            instruction,
                            RolloutState.REVERTING,
                            reverting(rollout, instruction.person() + " said so"));
        }
        executor.wake();
        Rollout after = told(id);
        trace.ended(rollout, after);
        return after;
    }

    private Rollout told(long id) {
        Rollout rollout = get(id);
        events.publish(new Event.RolloutChanged(rollout));
        return rollout;
    }

    private void approve(Rollout rollout, Instruction instruction) {
        requireFits(rollout, instruction.verb());
        if (instruction.person().equals(rollout.createdBy())) {
            throw new AggregatorException(
                    Code.ROLLOUT_NEEDS_OTHER_PERSON,
                    "rollout "
                            + rollout.id()
                            + " was created by "
                            + rollout.createdBy()
                            + "; somebody else has to approve it");
        }
        save(rollout, instruction, ready().approved(instruction.person()));
    }

    private void start(Rollout rollout, Instruction instruction) {
        requireFits(rollout, instruction.verb());
        for (Rollout other : store.beside(rollout.id())) {
            Set<String> same = new TreeSet<>(rollout.plan().subjects());
            same.retainAll(other.plan().subjects());
            if (!same.isEmpty()) {
                throw new AggregatorException(
                        Code.ROLLOUT_CONFLICT,
                        "rollout "
                                + other.id()
                                + " ("
                                + other.name()
                                + ") changes "
                                + String.join(", ", same)
                                + " on one of the same gateways; stop it first");
            }
        }
        move(rollout, instruction, RolloutState.RUNNING, "started by " + instruction.person());
    }

    /** A person takes what a gate said upon themselves. */
    private void resume(Rollout rollout, Instruction instruction) {
        requireFits(rollout, instruction.verb());
        Optional<RolloutGroup> halted =
                rollout.groups().stream()
                        .filter(group -> group.state() == GroupState.HALTED)
                        .map(group -> group.waived(instruction.person()))
                        .map(
                                group ->
                                        group.to(
                                                GroupState.RUNNING,
                                                "its gates were waived by " + instruction.person()))
                        .findFirst();
        save(
                rollout,
                instruction,
                RolloutUpdate.to(RolloutState.RUNNING, "resumed by " + instruction.person()),
                halted);
    }

    private void stop(Rollout rollout, Instruction instruction) {
        requireFits(rollout, instruction.verb());
        int changed =
                rollout.count(MemberState.CHANGED)
                        + rollout.count(MemberState.CHANGING)
                        + rollout.count(MemberState.SHADOWING);
        if (changed > 0 && instruction.changed().isEmpty()) {
            throw new AggregatorException(
                    Code.ROLLOUT_CHANGED_UNDECIDED,
                    changed
                            + " gateways are changed already: say whether they keep it or are reverted (changed: KEEP or REVERT)",
                    Map.of("changedGateways", changed),
                    null);
        }
        if (instruction.changed().equals(Optional.of(Changed.REVERT))) {
            move(
                    rollout,
                    instruction,
                    RolloutState.REVERTING,
                    reverting(rollout, instruction.person() + " stopped it"));
        } else {
            move(
                    rollout,
                    instruction,
                    RolloutState.STOPPED,
                    "stopped by "
                            + instruction.person()
                            + (changed > 0 ? "; " + changed + " gateways keep it" : ""));
        }
    }

    /** What halted it stays the reason, also when a person draws the conclusion. */
    private static String reverting(Rollout rollout, String otherwise) {
        return "reverting because "
                + (rollout.state() == RolloutState.HALTED
                        ? rollout.reason().replaceFirst("^halted because ", "")
                        : otherwise);
    }

    private void retry(Rollout rollout, Instruction instruction) {
        requireFits(rollout, instruction.verb());
        boolean back =
                rollout.state() == RolloutState.REVERTING
                        || rollout.state() == RolloutState.REVERTED;
        MemberState failed = back ? MemberState.NOT_REVERTED : MemberState.FAILED;
        if (rollout.count(failed) == 0) {
            throw new AggregatorException(
                    Code.ROLLOUT_STATE, "no gateway of rollout " + rollout.id() + " failed");
        }
        for (RolloutMember member : store.members().list(rollout.id())) {
            if (member.state() == failed) {
                store.members()
                        .save(
                                rollout.id(),
                                new MemberRun(member)
                                        .again()
                                        .to(
                                                back
                                                        ? MemberState.REVERTING
                                                        : MemberState.SCHEDULED,
                                                "tried again by " + instruction.person()));
            }
        }
        Optional<RolloutGroup> halted =
                back
                        ? Optional.empty()
                        : rollout.groups().stream()
                                .filter(group -> group.state() == GroupState.HALTED)
                                .map(group -> group.judged(List.of()))
                                .map(
                                        group ->
                                                group.to(
                                                        GroupState.RUNNING,
                                                        "tried again by " + instruction.person()))
                                .findFirst();
        save(
                rollout,
                instruction,
                RolloutUpdate.to(
                        back ? RolloutState.REVERTING : RolloutState.RUNNING,
                        back ? rollout.reason() : "tried again by " + instruction.person()),
                halted);
    }

    private void nextGroup(Rollout rollout, Instruction instruction) {
        requireFits(rollout, instruction.verb());
        RolloutGroup running =
                rollout.groups().stream()
                        .filter(group -> group.state() == GroupState.RUNNING)
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new AggregatorException(
                                                Code.ROLLOUT_STATE,
                                                "no group of rollout "
                                                        + rollout.id()
                                                        + " is running"));
        save(
                rollout,
                instruction,
                RolloutUpdate.to(
                        RolloutState.RUNNING,
                        instruction.person() + " began the group after " + running.name()),
                Optional.of(
                        running.waived(instruction.person())
                                .ended(Instant.now())
                                .to(
                                        GroupState.PASSED,
                                        "its gates were waived by " + instruction.person())));
    }

    private void move(Rollout rollout, Instruction instruction, RolloutState next, String reason) {
        save(rollout, instruction, RolloutUpdate.to(next, reason));
    }

    private void save(Rollout rollout, Instruction instruction, RolloutUpdate update) {
        save(rollout, instruction, update, Optional.empty());
    }

    private void save(
            Rollout rollout,
            Instruction instruction,
            RolloutUpdate update,
            Optional<RolloutGroup> group) {
        requireFits(rollout, instruction.verb());
        String message =
                instruction.verb().word() + instruction.remark().map(r -> ": " + r).orElse("");
        if (!store.save(rollout, update.by(instruction.person(), message), group)) {
            throw new AggregatorException(
                    Code.ROLLOUT_STATE,
                    "rollout " + rollout.id() + " has just changed; look at it again");
        }
    }

    private static void requireFits(Rollout rollout, Verb verb) {
        List<RolloutState> fitting = new ArrayList<>();
        for (RolloutState state : RolloutState.values()) {
            if (verb.fits(state)) {
                fitting.add(state);
            }
        }
        if (!fitting.contains(rollout.state())) {
            throw new AggregatorException(
                    Code.ROLLOUT_STATE,
                    "rollout "
                            + rollout.id()
                            + " is "
                            + rollout.state()
                            + "; "
                            + verb.word()
                            + " needs "
                            + fitting);
        }
    }

    @Override
    public void close() {
        executor.close();
    }
}
