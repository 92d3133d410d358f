package io.karu.aggregator.rollout;

import io.karu.aggregator.rollout.GateResult.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads {@link Gate.Healthy}. */
final class HealthGate {
    private HealthGate() {}

    static GateResult read(Gate.Healthy gate, GroupEvidence evidence) {
        List<String> failing = new ArrayList<>();
        for (GroupEvidence.Member member : evidence.members()) {
            member.health().stream()
                    .flatMap(health -> health.checks().stream())
                    .filter(check -> !check.ok())
                    .filter(check -> !member.baseline().failing().contains(check.name()))
                    .findFirst()
                    .ifPresent(
                            check ->
                                    failing.add(
                                            member.gateway().clientId()
                                                    + ": "
                                                    + check.name()
                                                    + ", "
                                                    + check.reason()));
        }
        int changed = evidence.members().size();
        Map<String, Double> values =
                Map.of("changed", (double) changed, "failing", (double) failing.size());
        if (failing.size() > gate.failingAtMost() * changed) {
            return GateResult.of(
                    gate,
                    Outcome.FAILED,
                    failing.size()
                            + " of "
                            + changed
                            + " changed gateways report a check that fails since ("
                            + failing.get(0)
                            + ")",
                    values);
        }
        return GateResult.of(
                gate,
                changed == 0
                                && evidence.group().size()
                                        > evidence.group().count(MemberState.UNCHANGED)
                        ? Outcome.WAITING
                        : Outcome.PASSED,
                failing.isEmpty()
                        ? "no check of " + changed + " changed gateways fails since"
                        : failing.size() + " of " + changed + " report a check that fails since",
                values);
    }
}
