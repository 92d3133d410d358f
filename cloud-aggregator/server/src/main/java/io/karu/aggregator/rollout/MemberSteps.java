package io.karu.aggregator.rollout;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.deployment.DeploymentService;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.deployment.Order;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Decides the next step of one gateway from what is stored. Idempotent. */
final class MemberSteps {
    private static final String OWNER = "gateway ";
    private static final String AGAIN = "trying again: ";
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final MemberStore store;
    private final DeploymentService deployments;
    private final Orders orders;
    private final BaselineReader baselines;

    MemberSteps(
            MemberStore store,
            DeploymentService deployments,
            Orders orders,
            BaselineReader baselines) {
        this.store = store;
        this.deployments = deployments;
        this.orders = orders;
        this.baselines = baselines;
    }

    /** How many gateways are being changed now. */
    static final class Load {
        private int all;
        private final Map<String, Integer> bySite = new HashMap<>();

        void add(RolloutMember member) {
            all++;
            bySite.merge(member.site().name(), 1, Integer::sum);
        }

        Optional<Wait> full(RolloutPlan plan, String site) {
            if (all >= plan.gatewaysAtOnce()) {
                return Optional.of(
                        new Wait(
                                "other gateways",
                                plan.gatewaysAtOnce() + " gateways are changed at once",
                                Optional.empty()));
            }
            Integer most = plan.perSite() == null ? null : plan.perSite().gatewaysAtOnce();
            if (most != null && bySite.getOrDefault(site, 0) >= most) {
                return Optional.of(
                        new Wait(
                                "site " + site,
                                most + " of this site are changed at once",
                                Optional.empty()));
            }
            return Optional.empty();
        }
    }

    /** A gateway whose group has begun: begins with it, or says what it waits for. */
    MemberRun begin(RolloutMember member, Rollout rollout, Load load) {
        MemberRun run = new MemberRun(member);
        RolloutPlan plan = rollout.plan();
        if (!member.site().online()) {
            return absent(run, plan);
        }
        if (member.step().startsWith(AGAIN)
                && member.updatedAt().plus(PAUSE).isAfter(Instant.now())) {
            return run;
        }
        Optional<Wait> wait = hindrance(plan, member, load);
        if (wait.isPresent()) {
            return run.await(wait.get());
        }
        load.add(member);
        return run.to(MemberState.PREPARING, "")
                .await(
                        new Wait(
                                OWNER + member.gateway().clientId(),
                                "reading what it has now",
                                Optional.of(deadline(member, plan))));
    }

    /** SHADOWING, and its group agrees: the artefact is to decide. */
    MemberRun promote(RolloutMember member, Rollout rollout, Load load) {
        MemberRun run = new MemberRun(member);
        if (!member.site().online()) {
            return absent(run, rollout.plan());
        }
        Optional<Wait> wait = hindrance(rollout.plan(), member, load);
        if (wait.isPresent()) {
            return run.await(wait.get());
        }
        load.add(member);
        return run.to(MemberState.CHANGING, "it is to decide; its next job is being ordered");
    }

    /** Why a gateway that is online must not be changed now. */
    private static Optional<Wait> hindrance(RolloutPlan plan, RolloutMember member, Load load) {
        Instant now = Instant.now();
        if (plan.window() != null && !plan.window().open(now)) {
            Instant opens = plan.window().next(now);
            return Optional.of(
                    new Wait(
                            "maintenance window",
                            "the window " + plan.window() + " opens at " + opens,
                            Optional.of(opens)));
        }
        return load.full(plan, member.site().name());
    }

    /** How long a gateway may be away; counts from when it was first waited for. */
    private static Instant deadline(RolloutMember member, RolloutPlan plan) {
        return member.waitsFor()
                .filter(owner -> owner.startsWith(OWNER))
                .flatMap(owner -> member.deadline())
                .orElseGet(() -> Instant.now().plus(Duration.ofSeconds(plan.absenceSeconds())));
    }

    private static MemberRun absent(MemberRun run, RolloutPlan plan) {
        RolloutMember member = run.before();
        Instant deadline = deadline(member, plan);
        if (Instant.now().isAfter(deadline)) {
            boolean reverting = member.state() == MemberState.REVERTING;
            return run.to(
                    reverting ? MemberState.NOT_REVERTED : MemberState.FAILED,
                    "it did not come back until " + deadline + ": " + member.site().reason());
        }
        return run.await(
                new Wait(
                        OWNER + member.gateway().clientId(),
                        "offline, taken up when it returns: " + member.site().reason(),
                        Optional.of(deadline)));
    }

    /** PREPARING: reads what the gateway has. Asks it and waits. */
    MemberRun prepare(RolloutMember member, Rollout rollout) {
        MemberRun run = new MemberRun(member);
        Artefact artefact = rollout.plan().artefact();
        try {
            Baseline baseline =
                    member.attempt() > 0
                            ? store.baseline(rollout.id(), member.gateway())
                                    .orElseGet(() -> baselines.read(member.gateway(), artefact))
                            : baselines.read(member.gateway(), artefact);
            run.knowing(baseline);
            return baselines.has(artefact, baseline)
                    ? run.to(
                            MemberState.UNCHANGED,
                            "it had " + orders.describe(artefact) + " before")
                    : run.to(MemberState.CHANGING, "its first job is being ordered");
        } catch (AggregatorException e) {
            return later(run, e);
        }
    }

    /** What is only a matter of time goes back to wait; anything else fails. */
    private static MemberRun later(MemberRun run, AggregatorException e) {
        Instant deadline = run.before().deadline().orElse(Instant.MAX);
        if (e.code().kind() != AggregatorException.Kind.UNREACHABLE
                || Instant.now().isAfter(deadline)) {
            return run.to(MemberState.FAILED, e.getMessage());
        }
        return run.to(MemberState.SCHEDULED, "")
                .await(
                        new Wait(
                                OWNER + run.before().gateway().clientId(),
                                AGAIN + e.getMessage(),
                                run.before().deadline()));
    }

    /**
     * CHANGING or REVERTING without a job: orders it, or finds the one ordered before a restart.
     */
    MemberRun order(RolloutMember member, Rollout rollout) {
        MemberRun run = new MemberRun(member);
        boolean reverting = member.state() == MemberState.REVERTING;
        List<Order> all = reverting ? back(member, rollout) : forward(member, rollout);
        if (all.isEmpty()) {
            return run.to(
                    MemberState.NOT_REVERTED,
                    "nothing was there before: "
                            + orders.describe(rollout.plan().artefact())
                            + " stays");
        }
        Order order = all.get(Math.min(member.phase(), all.size() - 1));
        String origin =
                reverting
                        ? RolloutOrigin.back(rollout.id(), member.attempt(), member.phase())
                        : RolloutOrigin.step(rollout.id(), member.attempt(), member.phase());
        try {
            Job job =
                    deployments
                            .find(member.gateway(), origin)
                            .orElseGet(
                                    () ->
                                            deployments.create(
                                                    member.gateway(),
                                                    order,
                                                    Optional.empty(),
                                                    origin));
            return run.on(job.id()).await(jobs(job.id()));
        } catch (AggregatorException e) {
            return run.to(
                    reverting ? MemberState.NOT_REVERTED : MemberState.FAILED, e.getMessage());
        }
    }

    private static Wait jobs(long job) {
        return new Wait("job " + job, "its job is under way", Optional.empty());
    }

    private List<Order> forward(RolloutMember member, Rollout rollout) {
        return orders.of(rollout.plan(), member.group());
    }

    private List<Order> back(RolloutMember member, Rollout rollout) {
        return store.baseline(rollout.id(), member.gateway())
                .map(baseline -> orders.back(rollout.plan(), member.group(), baseline))
                .orElse(List.of());
    }

    /** CHANGING with a job: goes on when it has ended. */
    MemberRun follow(RolloutMember member, Rollout rollout) {
        MemberRun run = new MemberRun(member);
        RolloutMember.JobNow job = member.jobNow().orElse(null);
        if (job == null) {
            return run.phase(member.phase());
        }
        if (!job.state().ended()) {
            return run;
        }
        if (job.state() != JobState.SUCCEEDED) {
            return run.to(MemberState.FAILED, why(job));
        }
        int next = member.phase() + 1;
        if (next >= forward(member, rollout).size()) {
            return run.to(
                    MemberState.CHANGED,
                    orders.describe(rollout.plan().artefact()) + ": " + job.step());
        }
        boolean shadows = rollout.plan().shadows(member.group());
        if (shadows && member.phase() == Orders.SHADOW) {
            return run.phase(next).to(MemberState.SHADOWING, "").await(agreement(rollout, member));
        }
        boolean decidesAtOnce =
                shadows
                        && next == Orders.SHADOW
                        && (agreed(rollout, member) || !decidedBefore(rollout, member));
        return run.phase(decidesAtOnce ? next + 1 : next)
                .to(MemberState.CHANGING, "its next job is being ordered");
    }

    private Wait agreement(Rollout rollout, RolloutMember member) {
        return new Wait(
                "gate agreement",
                orders.describe(rollout.plan().artefact())
                        + " runs in the shadow of the version that decides",
                Optional.of(
                        Instant.now().plusSeconds(rollout.plan().withinSecondsOf(member.group()))));
    }

    /** Whether what the group's gateways did in the shadow is enough for the artefact to decide. */
    static boolean agreed(Rollout rollout, RolloutMember member) {
        RolloutGroup group = rollout.groups().get(member.group());
        return group.state() == GroupState.PASSED
                || group.waivedBy().isPresent()
                || group.gates().stream()
                        .anyMatch(
                                said ->
                                        said.gate().equals(Gates.AGREEMENT)
                                                && said.outcome() == GateResult.Outcome.PASSED);
    }

    private boolean decidedBefore(Rollout rollout, RolloutMember member) {
        return store.baseline(rollout.id(), member.gateway())
                .filter(baseline -> baseline.version().isPresent())
                .isPresent();
    }

    private static String why(RolloutMember.JobNow job) {
        return job.failure().map(f -> f.reason() + "; " + f.outcome()).orElse(job.step());
    }

    /** What becomes of a gateway of a rollout that is taken back. */
    MemberRun takeBack(RolloutMember member, Rollout rollout) {
        MemberRun run = new MemberRun(member);
        boolean jobRuns = member.jobNow().filter(job -> !job.state().ended()).isPresent();
        switch (member.state()) {
            case SCHEDULED, PREPARING ->
                    run.to(MemberState.LEFT_OUT, "the rollout ended before its turn");
            case CHANGING -> {
                if (jobRuns) {
                    cancel(member);
                } else if (member.phase() == 0 && member.job().isEmpty()) {
                    run.to(MemberState.LEFT_OUT, "the rollout ended before its turn");
                } else {
                    takeBack(run, rollout);
                }
            }
            case CHANGED, SHADOWING -> takeBack(run, rollout);
            case FAILED -> {
                // a failed installation has put the previous package back by itself
                boolean installed =
                        rollout.plan().artefact() instanceof Artefact.Package
                                || rollout.plan().artefact() instanceof Artefact.Model
                                        && member.phase() == 0;
                if (!installed && (member.job().isPresent() || member.phase() > 0)) {
                    takeBack(run, rollout);
                }
            }
            default -> {}
        }
        return run;
    }

    private static void takeBack(MemberRun run, Rollout rollout) {
        boolean neverDecided =
                rollout.plan().shadows(run.before().group())
                        && (run.state() == MemberState.SHADOWING || run.phase() <= Orders.SHADOW);
        run.phase(neverDecided ? Orders.END_OF_SHADOW : 0)
                .to(MemberState.REVERTING, "its previous version is being ordered");
    }

    /** REVERTING with a job, or offline before it. */
    MemberRun followBack(RolloutMember member, Rollout rollout) {
        MemberRun run = new MemberRun(member);
        if (member.job().isEmpty()) {
            return member.site().online() ? run : absent(run, rollout.plan());
        }
        RolloutMember.JobNow job = member.jobNow().orElse(null);
        if (job == null) {
            return run.phase(member.phase());
        }
        if (!job.state().ended()) {
            return run;
        }
        if (job.state() != JobState.SUCCEEDED) {
            return run.to(MemberState.NOT_REVERTED, why(job));
        }
        int next = member.phase() + 1;
        return next < back(member, rollout).size()
                ? run.phase(next).to(MemberState.REVERTING, "its next job is being ordered")
                : run.to(MemberState.REVERTED, "back to what it had: " + job.step());
    }

    /** What becomes of a gateway of a rollout that ended while it was being changed. */
    MemberRun leave(RolloutMember member) {
        MemberRun run = new MemberRun(member);
        boolean jobRuns = member.jobNow().filter(job -> !job.state().ended()).isPresent();
        if (jobRuns) {
            cancel(member);
            return run;
        }
        return switch (member.state()) {
            case SCHEDULED, PREPARING ->
                    run.to(MemberState.LEFT_OUT, "the rollout ended before its turn");
            case CHANGING ->
                    member.job().isPresent()
                            ? run
                            : run.to(
                                    MemberState.LEFT_OUT,
                                    member.phase() == 0
                                            ? "the rollout ended before its turn"
                                            : "the rollout ended after its package was installed; it decides nothing");
            default -> run;
        };
    }

    /** A job that has not begun to install is cancelled, any other goes to its end. */
    private void cancel(RolloutMember member) {
        JobState state = member.jobNow().orElseThrow().state();
        if (state == JobState.QUEUED
                || state == JobState.SENDING
                || state == JobState.TRANSFERRING) {
            try {
                deployments.cancel(member.job().orElseThrow());
            } catch (AggregatorException e) {
                // it has gone on meanwhile
            }
        }
    }
}
