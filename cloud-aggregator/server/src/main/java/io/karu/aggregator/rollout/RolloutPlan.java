package io.karu.aggregator.rollout;

import io.karu.api.model.ModelRef;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What a person orders.
 *
 * @param targets all gateways when absent
 * @param groups in order; one group of all when absent
 * @param gates of groups that name none; {@link #DEFAULT_GATES} when absent
 * @param joining whether gateways that fit {@code targets} later join the last group; such a
 *     rollout ends only when a person stops it
 * @param window absent: at any time
 * @param perSite absent: unlimited
 * @param gatewaysAtOnce how many are changed at the same time (100)
 * @param whenHalted what happens when a gate fails (ASK)
 * @param approval whether a second person has to approve
 * @param observeSeconds see {@link GroupPlan}; 600 when absent
 * @param withinSeconds see {@link GroupPlan}; a day when absent
 * @param absenceSeconds how long an offline gateway is waited for; two weeks when absent
 */
public record RolloutPlan(
        String name,
        Artefact artefact,
        TargetFilter targets,
        List<GroupPlan> groups,
        List<Gate> gates,
        boolean joining,
        MaintenanceWindow window,
        SiteLimit perSite,
        Integer gatewaysAtOnce,
        WhenHalted whenHalted,
        boolean approval,
        Integer observeSeconds,
        Integer withinSeconds,
        Integer absenceSeconds) {
    /** Installation and health: what other rollout engines look at, too. */
    public static final List<Gate> DEFAULT_GATES =
            List.of(new Gate.Install(null, null), new Gate.Healthy(null));

    private static final int LONGEST = 365 * 24 * 3600;
    private static final int LONGEST_NAME = 256;

    /** What happens to gateways already changed. */
    public enum WhenHalted {
        /** A person says: resume, or stop and revert, or stop and keep. */
        ASK,
        /** They are reverted at once. */
        REVERT
    }

    /**
     * What a site's line bears.
     *
     * @param gatewaysAtOnce absent: unlimited
     * @param bytesPerSecond of downloads, all gateways of the site together; absent: unlimited
     */
    public record SiteLimit(Integer gatewaysAtOnce, Integer bytesPerSecond) {
        /** Below this a gateway's download runs into Kura's read timeout of 6 s. */
        private static final int SLOWEST = 4096;

        public SiteLimit {
            if (gatewaysAtOnce != null) {
                Plans.between("perSite.gatewaysAtOnce", 1, gatewaysAtOnce, 1_000_000);
            }
            if (bytesPerSecond != null) {
                Plans.between("perSite.bytesPerSecond", SLOWEST, bytesPerSecond, Integer.MAX_VALUE);
            }
        }
    }

    public RolloutPlan {
        Plans.require("name", name);
        if (name.length() > LONGEST_NAME) {
            throw new IllegalArgumentException("name is longer than " + LONGEST_NAME);
        }
        if (artefact == null) {
            throw new IllegalArgumentException("artefact is missing");
        }
        targets = targets == null ? TargetFilter.EVERY : targets;
        groups =
                groups == null || groups.isEmpty()
                        ? List.of(new GroupPlan("all", null, null, null, null, null))
                        : List.copyOf(groups);
        gates = gates == null ? DEFAULT_GATES : List.copyOf(gates);
        gatewaysAtOnce =
                Plans.between(
                        "gatewaysAtOnce",
                        1,
                        gatewaysAtOnce == null ? 100 : gatewaysAtOnce,
                        1_000_000);
        whenHalted = whenHalted == null ? WhenHalted.ASK : whenHalted;
        observeSeconds =
                Plans.between(
                        "observeSeconds",
                        0,
                        observeSeconds == null ? 600 : observeSeconds,
                        LONGEST);
        withinSeconds =
                Plans.between(
                        "withinSeconds",
                        1,
                        withinSeconds == null ? 24 * 3600 : withinSeconds,
                        LONGEST);
        absenceSeconds =
                Plans.between(
                        "absenceSeconds",
                        1,
                        absenceSeconds == null ? 14 * 24 * 3600 : absenceSeconds,
                        LONGEST);
        Set<String> names = new HashSet<>();
        groups.forEach(
                group -> {
                    if (!names.add(group.name())) {
                        throw new IllegalArgumentException("groups: two are named " + group.name());
                    }
                });
    }

    List<Gate> gatesOf(int group) {
        List<Gate> own = groups.get(group).gates();
        return own == null ? gates : own;
    }

    /**
     * Whether the gateways of a group first run the artefact in the shadow: its gates ask for
     * agreement with the version that decides.
     */
    boolean shadows(int group) {
        return artefact instanceof Artefact.Model model
                && model.decides()
                && gatesOf(group).stream().anyMatch(Gate.Agreement.class::isInstance);
    }

    /** What only one rollout at a time may change on a gateway. */
    Set<String> subjects() {
        Set<String> subjects = new HashSet<>(Set.of(artefact.subject()));
        if (IntStream.range(0, groups.size()).anyMatch(this::shadows)) {
            subjects.add(((Artefact.Model) artefact).name() + "@" + ModelRef.CHALLENGER);
        }
        return subjects;
    }

    int observeSecondsOf(int group) {
        Integer own = groups.get(group).observeSeconds();
        return own == null ? observeSeconds : own;
    }

    int withinSecondsOf(int group) {
        Integer own = groups.get(group).withinSeconds();
        return own == null ? withinSeconds : own;
    }
}
