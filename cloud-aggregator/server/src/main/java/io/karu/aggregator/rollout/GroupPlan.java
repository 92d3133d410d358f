package io.karu.aggregator.rollout;

import java.util.List;

/**
 * One stage of a rollout.
 *
 * @param size how many of the gateways that no earlier group has taken; absent: all
 * @param filter which of them; absent: any
 * @param gates what lets the next group begin; absent: those of the plan
 * @param observeSeconds how long the group's gateways work with the artefact before its gates may
 *     pass; absent: the plan's
 * @param withinSeconds how long the gates may take to pass before the rollout is halted; absent:
 *     the plan's
 */
public record GroupPlan(
        String name,
        Size size,
        TargetFilter filter,
        List<Gate> gates,
        Integer observeSeconds,
        Integer withinSeconds) {
    private static final int LONGEST = 365 * 24 * 3600;

    public GroupPlan {
        Plans.require("groups.name", name);
        size = size == null ? Size.REST : size;
        filter = filter == null ? TargetFilter.EVERY : filter;
        gates = gates == null ? null : List.copyOf(gates);
        if (observeSeconds != null) {
            Plans.between("groups.observeSeconds", 0, observeSeconds, LONGEST);
        }
        if (withinSeconds != null) {
            Plans.between("groups.withinSeconds", 1, withinSeconds, LONGEST);
        }
    }

    /**
     * A number of gateways, a share of all that the rollout targets, one of each site ({@code
     * canary}), or with none of the three all that are left.
     */
    public record Size(Integer count, Double percent, Boolean canary) {
        static final Size REST = new Size(null, null, null);

        public Size {
            long given =
                    java.util.stream.Stream.of(count, percent, canary)
                            .filter(java.util.Objects::nonNull)
                            .count();
            if (given > 1) {
                throw new IllegalArgumentException(
                        "groups.size: give one of count, percent and canary");
            }
            if (count != null) {
                Plans.between("groups.size.count", 1, count, 1_000_000);
            }
            if (percent != null && !(percent > 0 && percent <= 100)) {
                throw new IllegalArgumentException(
                        "groups.size.percent is " + percent + ": use more than 0 and up to 100");
            }
        }
    }
}
