package io.karu.aggregator.rollout;

import io.karu.aggregator.evidence.Tally;
import io.karu.aggregator.rollout.GateResult.Outcome;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads {@link Gate.Memory}: the gateway that has grown most speaks for all. */
final class MemoryGate {
    private MemoryGate() {}

    static GateResult read(Gate.Memory gate, GroupEvidence evidence) {
        String largest = "";
        double worst = 0;
        double after = 0;
        double before = 0;
        int told = 0;
        for (GroupEvidence.Member member : evidence.changed()) {
            Optional<Long> earlier = resident(member.before());
            Optional<Long> now = resident(member.after());
            if (earlier.isPresent() && now.isPresent()) {
                told++;
                double ratio = (double) now.get() / earlier.get();
                if (ratio > worst) {
                    worst = ratio;
                    after = now.get() / 1e6;
                    before = earlier.get() / 1e6;
                    largest = member.gateway().clientId();
                }
            }
        }
        if (told == 0) {
            return GateResult.of(
                    gate,
                    Outcome.WAITING,
                    "no gateway has told its memory before and after",
                    Map.of());
        }
        return GateResult.of(
                        gate,
                        worst > gate.ratioAtMost() ? Outcome.FAILED : Outcome.PASSED,
                        String.format(
                                Locale.ROOT,
                                "%s holds %.0f MB, before %.0f MB: %.2f times, %.2f times are allowed",
                                largest,
                                after,
                                before,
                                worst,
                                gate.ratioAtMost()),
                        Map.of("ratio", worst, "after", after, "before", before))
                .naming(new GateResult.Worst(largest, worst, Optional.empty()));
    }

    private static Optional<Long> resident(Tally tally) {
        return tally.stations().values().stream()
                .map(Tally.Station::residentBytes)
                .flatMap(Optional::stream)
                .max(Long::compare);
    }
}
