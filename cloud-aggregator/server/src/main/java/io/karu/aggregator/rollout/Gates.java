package io.karu.aggregator.rollout;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.karu.aggregator.rollout.GateResult.Outcome;
import java.util.List;
import java.util.Map;

/** Judges a group by its evidence. Pure: the same evidence gives the same results. */
final class Gates {
    /** Kind of {@link Gate.Agreement}. */
    static final String AGREEMENT = kind(new Gate.Agreement(null, null, null));

    private Gates() {}

    static List<GateResult> read(List<Gate> gates, GroupEvidence evidence) {
        return gates.stream().map(gate -> read(gate, evidence)).toList();
    }

    static String kind(Gate gate) {
        for (JsonSubTypes.Type type : Gate.class.getAnnotation(JsonSubTypes.class).value()) {
            if (type.value().isInstance(gate)) {
                return type.name();
            }
        }
        throw new IllegalStateException(gate.getClass() + " has no name");
    }

    private static GateResult read(Gate gate, GroupEvidence evidence) {
        if (gate instanceof Gate.Install install) {
            return InstallGate.read(install, evidence.group());
        } else if (evidence.nothingToChange()) {
            return GateResult.of(
                    gate,
                    Outcome.PASSED,
                    "all "
                            + evidence.group().size()
                            + " gateways had "
                            + evidence.artefact()
                            + " before",
                    Map.of());
        } else if (gate instanceof Gate.Healthy healthy) {
            return HealthGate.read(healthy, evidence);
        } else if (gate instanceof Gate.Agreement agreement) {
            return AgreementGate.read(agreement, evidence);
        } else if (gate instanceof Gate.RejectRate rejectRate) {
            return RejectRateGate.read(rejectRate, evidence);
        } else if (gate instanceof Gate.Classes classes) {
            return ClassesGate.read(classes, evidence);
        } else if (gate instanceof Gate.Latency latency) {
            return LatencyGate.read(latency, evidence);
        } else if (gate instanceof Gate.Memory memory) {
            return MemoryGate.read(memory, evidence);
        }
        return OverrulesGate.read((Gate.Overrules) gate, evidence);
    }
}
