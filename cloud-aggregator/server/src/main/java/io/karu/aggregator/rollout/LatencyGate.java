package io.karu.aggregator.rollout;

import io.karu.aggregator.evidence.Tally;
import io.karu.aggregator.rollout.GateResult.Outcome;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads {@link Gate.Latency}: the station that has slowed down most speaks for all. */
final class LatencyGate {
    private LatencyGate() {}

    static GateResult read(Gate.Latency gate, GroupEvidence evidence) {
        String slowest = "";
        String station = "";
        double worst = 0;
        double after = 0;
        double before = 0;
        int told = 0;
        int behind = 0;
        for (GroupEvidence.Member member : evidence.changed()) {
            for (Map.Entry<String, Tally.Station> entry : member.after().stations().entrySet()) {
                Tally.Station now = entry.getValue();
                Tally.Station earlier = member.before().stations().get(entry.getKey());
                if (earlier == null || earlier.p99Millis().isEmpty()) {
                    continue;
                }
                if (now.frames() < gate.frames() || now.p99Millis().isEmpty()) {
                    behind++;
                    continue;
                }
                told++;
                double ratio = now.p99Millis().get() / earlier.p99Millis().get();
                if (ratio > worst) {
                    worst = ratio;
                    after = now.p99Millis().get();
                    before = earlier.p99Millis().get();
                    slowest = member.gateway().clientId();
                    station = entry.getKey();
                }
            }
        }
        if (told == 0 || behind > 0 && worst <= gate.ratioAtMost()) {
            return GateResult.of(
                    gate,
                    Outcome.WAITING,
                    told
                            + " of "
                            + (told + behind)
                            + " stations have judged "
                            + gate.frames()
                            + " frames",
                    Map.of("stations", (double) told));
        }
        return GateResult.of(
                        gate,
                        worst > gate.ratioAtMost() ? Outcome.FAILED : Outcome.PASSED,
                        String.format(
                                Locale.ROOT,
                                "99 %% of the frames are decided within %.1f ms at station %s of %s, before within %.1f ms: %.2f times, %.2f times are allowed",
                                after,
                                station,
                                slowest,
                                before,
                                worst,
                                gate.ratioAtMost()),
                        Map.of("ratio", worst, "after", after, "before", before))
                .naming(new GateResult.Worst(slowest, worst, Optional.empty()));
    }
}
