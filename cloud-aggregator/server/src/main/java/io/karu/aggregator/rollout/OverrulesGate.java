package io.karu.aggregator.rollout;

import io.karu.aggregator.rollout.GateResult.Outcome;
import io.karu.aggregator.rollout.Proportions.Interval;
import java.util.Map;

/** Reads {@link Gate.Overrules}. */
final class OverrulesGate {
    private OverrulesGate() {}

    static GateResult read(Gate.Overrules gate, GroupEvidence evidence) {
        long frames = evidence.changed().stream().mapToLong(m -> m.after().frames()).sum();
        Look look = Look.at(gate, gate.frames(), gate.confidence(), frames, evidence.group());
        if (look.early()) {
            return look.waiting(gate);
        }
        long overruled =
                evidence.changed().stream().mapToLong(GroupEvidence.Member::overruled).sum();
        double share = Math.min(1, (double) overruled / frames);
        Interval interval = Proportions.wilson(share, frames, look.confidence());
        Outcome outcome =
                interval.low() > gate.shareAtMost()
                        ? Outcome.FAILED
                        : interval.high() <= gate.shareAtMost() ? Outcome.PASSED : Outcome.WAITING;
        return GateResult.of(
                gate,
                outcome,
                "operators overruled "
                        + overruled
                        + " of "
                        + frames
                        + " verdicts of "
                        + evidence.artefact()
                        + " ("
                        + Figures.percent(interval.low())
                        + " to "
                        + Figures.percent(interval.high())
                        + "), "
                        + Figures.percent(gate.shareAtMost())
                        + " are allowed",
                look.number(),
                Map.of(
                        "frames",
                        (double) frames,
                        "overruled",
                        (double) overruled,
                        "low",
                        interval.low(),
                        "high",
                        interval.high()));
    }
}
