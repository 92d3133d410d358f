package io.karu.aggregator.rollout;

import io.karu.aggregator.rollout.GateResult.Outcome;
import java.util.Map;
import java.util.Optional;

/**
 * One reading of an interval. It is read when the frames after the change have reached the number
 * that the gate names, and again whenever they have doubled; the n-th look may be wrong with half
 * the probability of the one before, so that all looks together keep the confidence that the gate
 * names.
 *
 * @param number how many were taken, this one included unless it is early
 * @param early the frames do not suffice yet
 * @param confidence of this look's interval
 * @param frames so far
 * @param needed by the gate
 * @param said at the look before
 */
record Look(
        int number,
        boolean early,
        double confidence,
        long frames,
        int needed,
        Optional<GateResult> said) {
    static Look at(Gate gate, int needed, double confidence, long frames, RolloutGroup group) {
        String kind = Gates.kind(gate);
        Optional<GateResult> said =
                group.gates().stream()
                        .filter(result -> result.gate().equals(kind) && result.look() > 0)
                        .findFirst();
        int taken = said.map(GateResult::look).orElse(0);
        if (frames < needed * Math.pow(2, taken)) {
            return new Look(taken, true, confidence, frames, needed, said);
        }
        int reached = (int) Math.floor(Math.log((double) frames / needed) / Math.log(2));
        int number = Math.max(taken, reached) + 1;
        return new Look(
                number, false, 1 - (1 - confidence) / Math.pow(2, number), frames, needed, said);
    }

    /** What the gate says until its next look. */
    GateResult waiting(Gate gate) {
        return said.orElseGet(
                () ->
                        GateResult.of(
                                gate,
                                Outcome.WAITING,
                                frames + " of " + needed + " frames were judged since the change",
                                Map.of("frames", (double) frames)));
    }
}
