package io.karu.aggregator.rollout;

import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One pass over one rollout: decides from what is stored, stores what it decides. Idempotent; a
 * pass that is cut off at any point is made up by the next.
 */
final class RolloutSteps {
    private final RolloutStore store;
    private final FleetService fleet;
    private final MemberSteps members;
    private final Orders orders;
    private final GroupSteps groups;
    private final RolloutTimes times;

    /** Parts. */
    record Parts(
            RolloutStore store,
            FleetService fleet,
            MemberSteps members,
            Orders orders,
            BaselineReader baselines) {}

    RolloutSteps(Parts parts, RolloutTimes times) {
        this.store = parts.store();
        this.fleet = parts.fleet();
        this.members = parts.members();
        this.orders = parts.orders();
        this.groups = new GroupSteps(parts.store(), parts.baselines(), parts.orders(), times);
        this.times = times;
    }

    /** What a pass found. */
    static final class Pass {
        private final List<RolloutMember> errands = new ArrayList<>();
        private boolean changed;

        /** Gateways that have to be asked, or given a job. */
        List<RolloutMember> errands() {
            return errands;
        }

        boolean changed() {
            return changed;
        }

        /** Something was stored. */
        void changes() {
            changed = true;
        }
    }

    Pass advance(Rollout rollout) {
        Pass pass = new Pass();
        switch (rollout.state()) {
            case WAITING_FOR_APPROVAL, READY, PAUSED, HALTED -> {
                follow(rollout, store.members().list(rollout.id()), pass);
                expire(rollout, pass);
            }
            case RUNNING -> run(rollout, pass);
            case REVERTING -> takeBack(rollout, pass);
            case DENIED, FINISHED, STOPPED, REVERTED -> leave(rollout, pass);
        }
        return pass;
    }

    private void save(Rollout rollout, MemberRun run, Pass pass) {
        if (run.changed() && store.members().save(rollout.id(), run)) {
            pass.changes();
        }
    }

    private void save(Rollout rollout, RolloutUpdate update, Pass pass) {
        if (update.differsFrom(rollout) && store.save(rollout, update, Optional.empty())) {
            pass.changes();
        }
    }

    /** Nobody has said what is to happen. */
    private void expire(Rollout rollout, Pass pass) {
        boolean over = rollout.deadline().filter(Instant.now()::isAfter).isPresent();
        if (over && rollout.state() == RolloutState.WAITING_FOR_APPROVAL) {
            save(
                    rollout,
                    RolloutUpdate.to(
                            RolloutState.DENIED,
                            "nobody approved it within " + times.approval().toDays() + " days"),
                    pass);
        } else if (over) {
            save(
                    rollout,
                    RolloutUpdate.to(
                            RolloutState.STOPPED,
                            "nobody went on with it within "
                                    + times.decision().toDays()
                                    + " days; gateways already changed keep it: "
                                    + rollout.reason()),
                    pass);
        }
    }

    /** Jobs that have begun go on; nothing new begins. */
    private void follow(Rollout rollout, List<RolloutMember> all, Pass pass) {
        for (RolloutMember member : all) {
            if (member.state() == MemberState.CHANGING && member.job().isPresent()) {
                save(rollout, members.follow(member, rollout), pass);
            } else if (member.state() == MemberState.PREPARING
                    || member.state() == MemberState.CHANGING && member.phase() == 0) {
                save(
                        rollout,
                        new MemberRun(member)
                                .to(MemberState.SCHEDULED, "the rollout is " + rollout.state()),
                        pass);
            }
        }
    }

    private void run(Rollout rollout, Pass pass) {
        List<RolloutMember> all = store.members().list(rollout.id());
        if (rollout.plan().joining() && join(rollout, all, pass)) {
            all = store.members().list(rollout.id());
        }
        MemberSteps.Load load = new MemberSteps.Load();
        all.stream().filter(member -> member.state().busy()).forEach(load::add);
        for (RolloutMember member : all) {
            advance(rollout, member, load, pass);
        }
        boolean halted = false;
        for (RolloutGroup group : rollout.groups()) {
            if (group.state() == GroupState.RUNNING && !halted) {
                halted = groups.judge(rollout, group, all, pass);
            }
        }
        if (!halted) {
            proceed(rollout, pass);
        }
    }

    private void advance(Rollout rollout, RolloutMember member, MemberSteps.Load load, Pass pass) {
        switch (member.state()) {
            case SCHEDULED -> {
                GroupState group = rollout.groups().get(member.group()).state();
                if (group == GroupState.RUNNING || group == GroupState.PASSED) {
                    MemberRun run = members.begin(member, rollout, load);
                    save(rollout, run, pass);
                }
            }
            case PREPARING -> pass.errands.add(member);
            case SHADOWING -> {
                if (MemberSteps.agreed(rollout, member)) {
                    save(rollout, members.promote(member, rollout, load), pass);
                }
            }
            case CHANGING -> {
                if (member.job().isEmpty()) {
                    pass.errands.add(member);
                } else {
                    save(rollout, members.follow(member, rollout), pass);
                }
            }
            default -> {}
        }
    }

    /** Gateways that have come to fit the plan join its last group. */
    private boolean join(Rollout rollout, List<RolloutMember> all, Pass pass) {
        Set<GatewayId> known = all.stream().map(RolloutMember::gateway).collect(Collectors.toSet());
        List<GatewayId> joining =
                fleet.list().stream()
                        .filter(rollout.plan().targets()::fits)
                        .map(Gateway::id)
                        .filter(id -> !known.contains(id))
                        .toList();
        if (!joining.isEmpty()) {
            store.members().join(rollout.id(), rollout.groups().size() - 1, joining);
            store.log(
                    rollout.id(),
                    Optional.empty(),
                    joining.size()
                            + " gateways joined: "
                            + joining.stream()
                                    .limit(10)
                                    .map(GatewayId::clientId)
                                    .collect(Collectors.joining(", ")));
            pass.changes();
        }
        return !joining.isEmpty();
    }

    /** Begins the next group when the ones before have passed; ends when there is nothing left. */
    private void proceed(Rollout before, Pass pass) {
        Rollout rollout = store.find(before.id()).orElseThrow();
        if (rollout.state() != RolloutState.RUNNING) {
            return;
        }
        boolean running = rollout.groups().stream().anyMatch(g -> g.state() == GroupState.RUNNING);
        Optional<RolloutGroup> next =
                rollout.groups().stream()
                        .filter(g -> g.state() == GroupState.SCHEDULED)
                        .findFirst();
        if (!running && next.isPresent()) {
            start(rollout, next.get(), pass);
            return;
        }
        int open =
                rollout.count(MemberState.SCHEDULED)
                        + rollout.count(MemberState.PREPARING)
                        + rollout.count(MemberState.CHANGING)
                        + rollout.count(MemberState.SHADOWING);
        int have = rollout.count(MemberState.CHANGED) + rollout.count(MemberState.UNCHANGED);
        String counts =
                have
                        + " of "
                        + rollout.size()
                        + " gateways have "
                        + orders.describe(rollout.plan().artefact())
                        + (rollout.count(MemberState.SHADOWING) > 0
                                ? ", " + rollout.count(MemberState.SHADOWING) + " in the shadow"
                                : "")
                        + (rollout.count(MemberState.FAILED) > 0
                                ? ", " + rollout.count(MemberState.FAILED) + " failed"
                                : "");
        if (!running && open == 0 && !rollout.plan().joining()) {
            save(rollout, RolloutUpdate.to(RolloutState.FINISHED, counts), pass);
            return;
        }
        String now =
                rollout.groups().stream()
                        .filter(g -> g.state() == GroupState.RUNNING)
                        .map(g -> "; group " + g.name() + ": " + g.reason())
                        .collect(Collectors.joining());
        String rest =
                running
                        ? now
                        : open > 0
                                ? "; " + open + " are waited for"
                                : "; gateways that come to fit join";
        save(rollout, RolloutUpdate.to(RolloutState.RUNNING, counts + rest).quietly(), pass);
    }

    private void start(Rollout rollout, RolloutGroup group, Pass pass) {
        store.save(
                rollout.id(),
                group.to(GroupState.RUNNING, "its gateways are being changed")
                        .started(Instant.now()),
                Optional.of("group " + group.name() + " began"));
        pass.changes();
    }

    private void takeBack(Rollout rollout, Pass pass) {
        boolean open = false;
        for (RolloutMember member : store.members().list(rollout.id())) {
            MemberRun run =
                    member.state() == MemberState.REVERTING
                            ? members.followBack(member, rollout)
                            : member.state() == MemberState.CHANGING
                                            && member.jobNow()
                                                    .filter(job -> job.state().ended())
                                                    .isPresent()
                                    ? members.follow(member, rollout)
                                    : members.takeBack(member, rollout);
            save(rollout, run, pass);
            if (run.state() == MemberState.REVERTING
                    && run.job().isEmpty()
                    && member.site().online()) {
                store.members().find(rollout.id(), member.gateway()).ifPresent(pass.errands::add);
            }
            open |= run.changed() || run.state().busy();
        }
        if (!open) {
            reverted(store.find(rollout.id()).orElseThrow(), pass);
        }
    }

    private void reverted(Rollout rollout, Pass pass) {
        int back = rollout.count(MemberState.REVERTED);
        int not = rollout.count(MemberState.NOT_REVERTED);
        String reason = rollout.reason().replaceFirst("^reverting ", "");
        save(
                rollout,
                RolloutUpdate.to(
                        RolloutState.REVERTED,
                        back
                                + " of "
                                + (back + not)
                                + " changed gateways went back to what they had "
                                + reason),
                pass);
    }

    private void leave(Rollout rollout, Pass pass) {
        for (RolloutMember member : store.members().list(rollout.id())) {
            MemberRun run =
                    member.state() == MemberState.CHANGING
                                    && member.jobNow()
                                            .filter(job -> job.state().ended())
                                            .isPresent()
                            ? members.follow(member, rollout)
                            : members.leave(member);
            save(rollout, run, pass);
        }
    }
}
