package io.karu.aggregator.rollout;

import io.karu.aggregator.rollout.GateResult.Outcome;
import java.util.Map;

/** Reads {@link Gate.Install}. */
final class InstallGate {
    private InstallGate() {}

    static GateResult read(Gate.Install gate, RolloutGroup group) {
        int size = group.size();
        int failed = group.count(MemberState.FAILED);
        int done = group.count(MemberState.CHANGED) + group.count(MemberState.UNCHANGED);
        Map<String, Double> values =
                Map.of("size", (double) size, "done", (double) done, "failed", (double) failed);
        if (failed > gate.failedAtMost() * size) {
            return GateResult.of(
                    gate,
                    Outcome.FAILED,
                    failed
                            + " of "
                            + size
                            + " gateways could not be changed, "
                            + Figures.percent(gate.failedAtMost())
                            + " may fail",
                    values);
        }
        boolean enough = done >= Math.ceil(gate.doneAtLeast() * size);
        return GateResult.of(
                gate,
                enough ? Outcome.PASSED : Outcome.WAITING,
                done + " of " + size + " gateways have it, " + failed + " failed",
                values);
    }
}
