package io.karu.aggregator.rollout;

import java.util.Map;
import java.util.Optional;

/**
 * What a gate says of a group now.
 *
 * @param gate kind, as in the plan
 * @param sentence with the numbers, for a person
 * @param look how often an interval was read; each look spends part of the allowed error
 * @param values the numbers, for a program
 * @param worst the gateway that speaks most against the artefact, where the gate compares gateways
 */
public record GateResult(
        String gate,
        Outcome outcome,
        String sentence,
        int look,
        Map<String, Double> values,
        Optional<Worst> worst) {
    public GateResult {
        values = values == null ? Map.of() : Map.copyOf(values);
        worst = worst == null ? Optional.empty() : worst;
    }

    /**
     * One gateway of the group.
     *
     * @param gateway client id
     * @param value agreement: share decided alike; latency, memory: ratio to the value before
     * @param frames that the value is of, where it is of frames
     */
    public record Worst(String gateway, double value, Optional<Long> frames) {
        public Worst {
            frames = frames == null ? Optional.empty() : frames;
        }
    }

    static GateResult of(Gate gate, Outcome outcome, String sentence, Map<String, Double> values) {
        return of(gate, outcome, sentence, 0, values);
    }

    static GateResult of(
            Gate gate, Outcome outcome, String sentence, int look, Map<String, Double> values) {
        return new GateResult(Gates.kind(gate), outcome, sentence, look, values, Optional.empty());
    }

    /** The same, although it cannot tell yet. */
    GateResult waiting() {
        return new GateResult(gate, Outcome.WAITING, sentence, look, values, worst);
    }

    GateResult naming(Worst one) {
        return new GateResult(gate, outcome, sentence, look, values, Optional.of(one));
    }

    /** Whether the group may go on. */
    public enum Outcome {
        PASSED,
        FAILED,
        /** It cannot tell yet. */
        WAITING
    }
}
