package io.karu.aggregator.rollout;

import io.karu.aggregator.rollout.GateResult.Outcome;
import io.karu.aggregator.rollout.Proportions.Compared;
import io.karu.aggregator.rollout.Proportions.Paired;
import java.util.List;
import java.util.Map;

/** Reads {@link Gate.Classes}: the class that has shifted most speaks for all. */
final class ClassesGate {
    private ClassesGate() {}

    static GateResult read(Gate.Classes gate, GroupEvidence evidence) {
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
        List<String> labels = stations.labels();
        double confidence = 1 - (1 - look.confidence()) / Math.max(1, labels.size());
        GateResult worst = null;
        double furthest = -1;
        boolean unsure = false;
        for (String label : labels) {
            Compared compared =
                    stations.compare(station -> station.labels().getOrDefault(label, 0L));
            Shift shift = Shift.of(compared, confidence);
            Outcome outcome = shift.outcome(gate.shiftAtMost());
            unsure |= outcome == Outcome.WAITING;
            double distance = Math.abs(compared.shift()) + (outcome == Outcome.FAILED ? 1 : 0);
            if (distance > furthest) {
                furthest = distance;
                worst =
                        GateResult.of(
                                gate,
                                outcome,
                                evidence.artefact()
                                        + " finds \""
                                        + label
                                        + "\" on "
                                        + Figures.percent(compared.after())
                                        + " of "
                                        + compared.framesAfter()
                                        + " parts where it was found on "
                                        + Figures.percent(compared.before())
                                        + " of "
                                        + stations.framesBefore()
                                        + " before: "
                                        + shift.sentence(gate.confidence(), gate.shiftAtMost()),
                                look.number(),
                                shift.values());
            }
        }
        if (worst == null) {
            return GateResult.of(
                    gate,
                    Outcome.PASSED,
                    "no defect was found on "
                            + stations.framesAfter()
                            + " parts, nor on "
                            + stations.framesBefore()
                            + " before",
                    look.number(),
                    Map.of());
        }
        return worst.outcome() == Outcome.PASSED && unsure ? worst.waiting() : worst;
    }
}
