package io.karu.aggregator.rollout;

import io.karu.aggregator.evidence.EvidenceReport;
import io.karu.aggregator.rollout.GateResult.Outcome;
import io.karu.aggregator.rollout.GateResult.Worst;
import io.karu.aggregator.rollout.Proportions.Interval;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@link Gate.Agreement}: the group together, and its least agreeing gateway by itself. */
final class AgreementGate {
    private AgreementGate() {}

    /** What one gateway, or a group of them, judged with both versions. */
    private record Compared(String gateway, long frames, long agreed) {
        static Compared of(GroupEvidence.Member member) {
            List<EvidenceReport.Comparison> all = member.comparisons();
            return new Compared(
                    member.gateway().clientId(),
                    all.stream().mapToLong(EvidenceReport.Comparison::frames).sum(),
                    all.stream().mapToLong(EvidenceReport.Comparison::agreed).sum());
        }

        static Compared of(List<Compared> gateways) {
            return new Compared(
                    "",
                    gateways.stream().mapToLong(Compared::frames).sum(),
                    gateways.stream().mapToLong(Compared::agreed).sum());
        }

        double share() {
            return (double) agreed / frames;
        }

        Interval interval(double confidence) {
            return Proportions.wilson(share(), frames, confidence);
        }
    }

    static GateResult read(Gate.Agreement gate, GroupEvidence evidence) {
        List<Compared> gateways =
                evidence.members().stream()
                        .map(Compared::of)
                        .filter(compared -> compared.frames() > 0)
                        .toList();
        Compared group = Compared.of(gateways);
        long frames = group.frames();
        boolean nothingBefore =
                !evidence.members().isEmpty()
                        && evidence.members().stream()
                                .allMatch(member -> member.baseline().version().isEmpty());
        if (nothingBefore && evidence.coming() == 0) {
            return GateResult.of(
                    gate,
                    Outcome.PASSED,
                    "no version decided there before " + evidence.artefact(),
                    Map.of("frames", (double) frames));
        }
        if (frames < gate.frames()) {
            return GateResult.of(
                    gate,
                    Outcome.WAITING,
                    frames + " of " + gate.frames() + " frames were judged by both versions",
                    Map.of("frames", (double) frames));
        }
        double share = group.share();
        Interval interval = group.interval(Gate.CONFIDENCE);
        Compared least = least(gateways);
        boolean oneTooLow =
                gate.eachAtLeast() != null
                        && least.interval(each(gateways)).high() < gate.eachAtLeast();
        boolean failed = interval.high() < gate.atLeast() || oneTooLow;
        String sentence =
                evidence.artefact()
                        + " decides "
                        + Figures.percent(share)
                        + " of "
                        + frames
                        + " frames as the version before (95 % interval "
                        + Figures.percent(interval.low())
                        + " to "
                        + Figures.percent(interval.high())
                        + "), "
                        + Figures.percent(gate.atLeast())
                        + " are required";
        if (least.share() < share) {
            sentence +=
                    "; least on "
                            + least.gateway()
                            + ": "
                            + Figures.percent(least.share())
                            + " of "
                            + least.frames();
        }
        if (oneTooLow) {
            sentence += ", " + Figures.percent(gate.eachAtLeast()) + " are required of each";
        }
        if (!failed && evidence.coming() > 0) {
            sentence += "; " + evidence.coming() + " gateways do not run it in the shadow yet";
        }
        Outcome outcome =
                failed
                        ? Outcome.FAILED
                        : share >= gate.atLeast() && evidence.coming() == 0
                                ? Outcome.PASSED
                                : Outcome.WAITING;
        return GateResult.of(
                        gate,
                        outcome,
                        sentence,
                        Map.of(
                                "frames",
                                (double) frames,
                                "agreement",
                                share,
                                "low",
                                interval.low(),
                                "high",
                                interval.high()))
                .naming(new Worst(least.gateway(), least.share(), Optional.of(least.frames())));
    }

    /** The one that most surely disagrees: few frames say little. */
    private static Compared least(List<Compared> gateways) {
        return gateways.stream()
                .min(
                        Comparator.comparingDouble(
                                compared -> compared.interval(Gate.CONFIDENCE).high()))
                .orElseThrow();
    }

    /** Of one gateway's interval, so that all together keep the confidence (Bonferroni). */
    private static double each(List<Compared> gateways) {
        return 1 - (1 - Gate.CONFIDENCE) / gateways.size();
    }
}
