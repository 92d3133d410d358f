package io.karu.aggregator.rollout;

import java.util.Map;

/**
 * What a gate says of a group now.
 *
 * @param gate kind, as in the plan
 * @param sentence with the numbers, for a person
 * @param look how often an interval was read; each look spends part of the allowed error
 * @param values the numbers, for a program
 */
public record GateResult(
        String gate, Outcome outcome, String sentence, int look, Map<String, Double> values) {
    public GateResult {
        values = values == null ? Map.of() : Map.copyOf(values);
    }

    /** Whether the group may go on. */
    public enum Outcome {
        PASSED,
        FAILED,
        /** It cannot tell yet. */
        WAITING
    }
}
