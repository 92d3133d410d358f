package io.karu.aggregator.rollout;

import io.karu.aggregator.evidence.Tally;
import io.karu.aggregator.rollout.Proportions.Compared;
import io.karu.aggregator.rollout.Proportions.Paired;

/** Reads {@link Gate.RejectRate}. */
final class RejectRateGate {
    private RejectRateGate() {}

    static GateResult read(Gate.RejectRate gate, GroupEvidence evidence) {
        Paired stations = Shift.stations(evidence);
        Look look =
                Look.at(
                        gate,
                        gate.frames(),
                        gate.confidence(),
                        stations.framesAfter(),
                        evidence.group());
        if (look.early()) {
            return look.waiting(gate);
        }
        Compared compared = stations.compare(Tally.Station::rejected);
        Shift shift = Shift.of(compared, look.confidence());
        return GateResult.of(
                gate,
                shift.outcome(gate.shiftAtMost()),
                evidence.artefact()
                        + " rejects "
                        + Figures.percent(compared.after())
                        + " of "
                        + compared.framesAfter()
                        + " parts where "
                        + Figures.percent(compared.before())
                        + " of "
                        + stations.framesBefore()
                        + " were rejected before: "
                        + shift.sentence(gate.confidence(), gate.shiftAtMost()),
                look.number(),
                shift.values());
    }
}
