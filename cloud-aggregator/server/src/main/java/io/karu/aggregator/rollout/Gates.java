package io.karu.aggregator.rollout;

import io.karu.aggregator.evidence.EvidenceReport;
import io.karu.aggregator.evidence.Tally;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.Health;
import io.karu.aggregator.rollout.GateResult.Outcome;
import io.karu.aggregator.rollout.Proportions.Compared;
import io.karu.aggregator.rollout.Proportions.Interval;
import io.karu.aggregator.rollout.Proportions.Paired;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Judges a group by its evidence. Pure: the same evidence gives the same results.
 *
 * <p>An interval is read when the frames after the change have reached the number that the gate
 * names, and again whenever they have doubled; the n-th look may be wrong with half the probability
 * of the one before, so that all looks together keep the confidence that the gate names.
 */
final class Gates {
    /** Kind of {@link Gate.Agreement}. */
    static final String AGREEMENT = kind(new Gate.Agreement(null, null));

    /**
     * What is known of a group, which also tells what its gates said last.
     *
     * @param artefact as a person names it
     * @param members gateways that have the artefact
     * @param coming gateways that are online and will run it in the shadow, but do not yet
     */
    record Evidence(String artefact, RolloutGroup group, List<Member> members, int coming) {
        /** Where it decides. */
        List<Member> changed() {
            return members.stream().filter(Member::decides).toList();
        }

        boolean nothingToChange() {
            return group.size() > 0 && group.count(MemberState.UNCHANGED) == group.size();
        }
    }

    /**
     * One gateway that has the artefact.
     *
     * @param decides whether it decides there, or runs in the shadow of what does
     * @param before what the previous version did
     * @param after what the new one does
     * @param overruled verdicts after the change that operators decided otherwise
     * @param comparisons of the new and the previous version on the same frames
     */
    record Member(
            GatewayId gateway,
            boolean decides,
            Baseline baseline,
            Optional<Health> health,
            Tally before,
            Tally after,
            long overruled,
            List<EvidenceReport.Comparison> comparisons) {}

    private Gates() {}

    static List<GateResult> read(List<Gate> gates, Evidence evidence) {
        List<GateResult> results = new ArrayList<>();
        for (Gate gate : gates) {
            results.add(read(gate, evidence));
        }
        return results;
    }

    static String kind(Gate gate) {
        for (com.fasterxml.jackson.annotation.JsonSubTypes.Type type :
                Gate.class
                        .getAnnotation(com.fasterxml.jackson.annotation.JsonSubTypes.class)
                        .value()) {
            if (type.value().isInstance(gate)) {
                return type.name();
            }
        }
        throw new IllegalStateException(gate.getClass() + " has no name");
    }

    private static GateResult read(Gate gate, Evidence evidence) {
        if (gate instanceof Gate.Install install) {
            return install(install, evidence.group());
        } else if (evidence.nothingToChange()) {
            return result(
                    gate,
                    Outcome.PASSED,
                    "all "
                            + evidence.group().size()
                            + " gateways had "
                            + evidence.artefact()
                            + " before",
                    Map.of());
        } else if (gate instanceof Gate.Healthy healthy) {
            return healthy(healthy, evidence);
        } else if (gate instanceof Gate.Agreement agreement) {
            return agreement(agreement, evidence);
        } else if (gate instanceof Gate.RejectRate rejectRate) {
            return rejectRate(rejectRate, evidence);
        } else if (gate instanceof Gate.Classes classes) {
            return classes(classes, evidence);
        } else if (gate instanceof Gate.Latency latency) {
            return latency(latency, evidence);
        } else if (gate instanceof Gate.Memory memory) {
            return memory(memory, evidence);
        }
        return overrules((Gate.Overrules) gate, evidence);
    }

    private static GateResult install(Gate.Install gate, RolloutGroup group) {
        int size = group.size();
        int failed = group.count(MemberState.FAILED);
        int done = group.count(MemberState.CHANGED) + group.count(MemberState.UNCHANGED);
        Map<String, Double> values =
                Map.of("size", (double) size, "done", (double) done, "failed", (double) failed);
        if (failed > gate.failedAtMost() * size) {
            return result(
                    gate,
                    Outcome.FAILED,
                    failed
                            + " of "
                            + size
                            + " gateways could not be changed, "
                            + percent(gate.failedAtMost())
                            + " may fail",
                    values);
        }
        boolean enough = done >= Math.ceil(gate.doneAtLeast() * size);
        return result(
                gate,
                enough ? Outcome.PASSED : Outcome.WAITING,
                done + " of " + size + " gateways have it, " + failed + " failed",
                values);
    }

    private static GateResult healthy(Gate.Healthy gate, Evidence evidence) {
        List<String> failing = new ArrayList<>();
        for (Member member : evidence.members()) {
            member.health().stream()
                    .flatMap(health -> health.checks().stream())
                    .filter(check -> !check.ok())
                    .filter(check -> !member.baseline().failing().contains(check.name()))
                    .findFirst()
                    .ifPresent(
                            check ->
                                    failing.add(
                                            member.gateway().clientId()
                                                    + ": "
                                                    + check.name()
                                                    + ", "
                                                    + check.reason()));
        }
        int changed = evidence.members().size();
        Map<String, Double> values =
                Map.of("changed", (double) changed, "failing", (double) failing.size());
        if (failing.size() > gate.failingAtMost() * changed) {
            return result(
                    gate,
                    Outcome.FAILED,
                    failing.size()
                            + " of "
                            + changed
                            + " changed gateways report a check that fails since ("
                            + failing.get(0)
                            + ")",
                    values);
        }
        return result(
                gate,
                changed == 0
                                && evidence.group().size()
                                        > evidence.group().count(MemberState.UNCHANGED)
                        ? Outcome.WAITING
                        : Outcome.PASSED,
                failing.isEmpty()
                        ? "no check of " + changed + " changed gateways fails since"
                        : failing.size() + " of " + changed + " report a check that fails since",
                values);
    }

    private static GateResult agreement(Gate.Agreement gate, Evidence evidence) {
        long frames = 0;
        long agreed = 0;
        for (Member member : evidence.members()) {
            for (EvidenceReport.Comparison comparison : member.comparisons()) {
                frames += comparison.frames();
                agreed += comparison.agreed();
            }
        }
        boolean nothingBefore =
                !evidence.members().isEmpty()
                        && evidence.members().stream()
                                .allMatch(member -> member.baseline().version().isEmpty());
        if (nothingBefore && evidence.coming() == 0) {
            return result(
                    gate,
                    Outcome.PASSED,
                    "no version decided there before " + evidence.artefact(),
                    Map.of("frames", (double) frames));
        }
        if (frames < gate.frames()) {
            return result(
                    gate,
                    Outcome.WAITING,
                    frames + " of " + gate.frames() + " frames were judged by both versions",
                    Map.of("frames", (double) frames));
        }
        double share = (double) agreed / frames;
        Interval interval = Proportions.wilson(share, frames, Gate.CONFIDENCE);
        String sentence =
                evidence.artefact()
                        + " decides "
                        + percent(share)
                        + " of "
                        + frames
                        + " frames as the version before (95 % interval "
                        + percent(interval.low())
                        + " to "
                        + percent(interval.high())
                        + "), "
                        + percent(gate.atLeast())
                        + " are required";
        if (interval.high() >= gate.atLeast() && evidence.coming() > 0) {
            sentence += "; " + evidence.coming() + " gateways do not run it in the shadow yet";
        }
        Outcome outcome =
                interval.high() < gate.atLeast()
                        ? Outcome.FAILED
                        : share >= gate.atLeast() && evidence.coming() == 0
                                ? Outcome.PASSED
                                : Outcome.WAITING;
        return result(
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
                        interval.high()));
    }

    private static GateResult rejectRate(Gate.RejectRate gate, Evidence evidence) {
        Paired stations = paired(evidence);
        Look look = look(gate, gate.frames(), gate.confidence(), stations.framesAfter(), evidence);
        if (look.early()) {
            return look.waiting(gate, stations.framesAfter(), gate.frames());
        }
        Compared compared = stations.compare(Tally.Station::rejected);
        Interval interval = Proportions.difference(compared, look.confidence());
        return result(
                gate,
                outcome(interval, gate.shiftAtMost()),
                evidence.artefact()
                        + " rejects "
                        + percent(compared.after())
                        + " of "
                        + compared.framesAfter()
                        + " parts where "
                        + percent(compared.before())
                        + " of "
                        + stations.framesBefore()
                        + " were rejected before: "
                        + shift(compared, interval, gate.confidence(), gate.shiftAtMost()),
                look.number(),
                values(compared, interval));
    }

    private static GateResult classes(Gate.Classes gate, Evidence evidence) {
        Paired stations = paired(evidence);
        Look look = look(gate, gate.frames(), gate.confidence(), stations.framesAfter(), evidence);
        if (look.early()) {
            return look.waiting(gate, stations.framesAfter(), gate.frames());
        }
        List<String> labels = stations.labels();
        double confidence = 1 - (1 - look.confidence()) / Math.max(1, labels.size());
        GateResult worst = null;
        double furthest = -1;
        boolean unsure = false;
        for (String label : labels) {
            Compared compared =
                    stations.compare(station -> station.labels().getOrDefault(label, 0L));
            Interval interval = Proportions.difference(compared, confidence);
            Outcome outcome = outcome(interval, gate.shiftAtMost());
            unsure |= outcome == Outcome.WAITING;
            double distance = Math.abs(compared.shift()) + (outcome == Outcome.FAILED ? 1 : 0);
            if (distance > furthest) {
                furthest = distance;
                worst =
                        result(
                                gate,
                                outcome,
                                evidence.artefact()
                                        + " finds \""
                                        + label
                                        + "\" on "
                                        + percent(compared.after())
                                        + " of "
                                        + compared.framesAfter()
                                        + " parts where it was found on "
                                        + percent(compared.before())
                                        + " of "
                                        + stations.framesBefore()
                                        + " before: "
                                        + shift(
                                                compared,
                                                interval,
                                                gate.confidence(),
                                                gate.shiftAtMost()),
                                look.number(),
                                values(compared, interval));
            }
        }
        if (worst == null) {
            return result(
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
        return worst.outcome() == Outcome.PASSED && unsure
                ? new GateResult(
                        worst.gate(),
                        Outcome.WAITING,
                        worst.sentence(),
                        worst.look(),
                        worst.values())
                : worst;
    }

    private static GateResult overrules(Gate.Overrules gate, Evidence evidence) {
        long frames = evidence.changed().stream().mapToLong(m -> m.after().frames()).sum();
        Look look = look(gate, gate.frames(), gate.confidence(), frames, evidence);
        if (look.early()) {
            return look.waiting(gate, frames, gate.frames());
        }
        long overruled = evidence.changed().stream().mapToLong(Member::overruled).sum();
        double share = Math.min(1, (double) overruled / frames);
        Interval interval = Proportions.wilson(share, frames, look.confidence());
        Outcome outcome =
                interval.low() > gate.shareAtMost()
                        ? Outcome.FAILED
                        : interval.high() <= gate.shareAtMost() ? Outcome.PASSED : Outcome.WAITING;
        return result(
                gate,
                outcome,
                "operators overruled "
                        + overruled
                        + " of "
                        + frames
                        + " verdicts of "
                        + evidence.artefact()
                        + " ("
                        + percent(interval.low())
                        + " to "
                        + percent(interval.high())
                        + "), "
                        + percent(gate.shareAtMost())
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

    private static GateResult latency(Gate.Latency gate, Evidence evidence) {
        String slowest = "";
        double worst = 0;
        double after = 0;
        double before = 0;
        int told = 0;
        int behind = 0;
        for (Member member : evidence.changed()) {
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
                    slowest = entry.getKey() + " of " + member.gateway().clientId();
                }
            }
        }
        if (told == 0 || behind > 0 && worst <= gate.ratioAtMost()) {
            return result(
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
        return result(
                gate,
                worst > gate.ratioAtMost() ? Outcome.FAILED : Outcome.PASSED,
                String.format(
                        Locale.ROOT,
                        "99 %% of the frames are decided within %.1f ms at station %s, before within %.1f ms: %.2f times, %.2f times are allowed",
                        after,
                        slowest,
                        before,
                        worst,
                        gate.ratioAtMost()),
                Map.of("ratio", worst, "after", after, "before", before));
    }

    private static GateResult memory(Gate.Memory gate, Evidence evidence) {
        String largest = "";
        double worst = 0;
        double after = 0;
        double before = 0;
        int told = 0;
        for (Member member : evidence.changed()) {
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
            return result(
                    gate,
                    Outcome.WAITING,
                    "no gateway has told its memory before and after",
                    Map.of());
        }
        return result(
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
                Map.of("ratio", worst, "after", after, "before", before));
    }

    private static Optional<Long> resident(Tally tally) {
        return tally.stations().values().stream()
                .map(Tally.Station::residentBytes)
                .flatMap(Optional::stream)
                .max(Long::compare);
    }

    private static Paired paired(Evidence evidence) {
        Paired paired = new Paired();
        evidence.changed().forEach(member -> paired.add(member.before(), member.after()));
        return paired;
    }

    /**
     * Fails when the whole interval is beyond the allowed shift, passes when all of it is within.
     */
    private static Outcome outcome(Interval interval, double allowed) {
        if (interval.low() > allowed || interval.high() < -allowed) {
            return Outcome.FAILED;
        }
        return interval.low() >= -allowed && interval.high() <= allowed
                ? Outcome.PASSED
                : Outcome.WAITING;
    }

    private static String shift(
            Compared compared, Interval interval, double confidence, double allowed) {
        return String.format(
                Locale.ROOT,
                "%+.1f points (%s %% interval %+.1f to %+.1f), %s are allowed",
                compared.shift() * 100,
                number(confidence * 100),
                interval.low() * 100,
                interval.high() * 100,
                number(allowed * 100));
    }

    private static Map<String, Double> values(Compared compared, Interval interval) {
        Map<String, Double> values = new TreeMap<>();
        values.put("before", compared.before());
        values.put("after", compared.after());
        values.put("frames", (double) compared.framesAfter());
        values.put("low", interval.low());
        values.put("high", interval.high());
        return values;
    }

    /**
     * One reading of an interval.
     *
     * @param said at the look before
     */
    private record Look(int number, boolean early, double confidence, Optional<GateResult> said) {
        GateResult waiting(Gate gate, long frames, int needed) {
            return said.orElseGet(
                    () ->
                            result(
                                    gate,
                                    Outcome.WAITING,
                                    frames
                                            + " of "
                                            + needed
                                            + " frames were judged since the change",
                                    Map.of("frames", (double) frames)));
        }
    }

    private static Look look(
            Gate gate, int needed, double confidence, long frames, Evidence evidence) {
        String kind = kind(gate);
        Optional<GateResult> said =
                evidence.group().gates().stream()
                        .filter(result -> result.gate().equals(kind) && result.look() > 0)
                        .findFirst();
        int taken = said.map(GateResult::look).orElse(0);
        if (frames < needed * Math.pow(2, taken)) {
            return new Look(taken, true, confidence, said);
        }
        int reached = (int) Math.floor(Math.log((double) frames / needed) / Math.log(2));
        int number = Math.max(taken, reached) + 1;
        return new Look(number, false, 1 - (1 - confidence) / Math.pow(2, number), said);
    }

    /** At most two decimals, none that say nothing. */
    private static String number(double value) {
        return java.math.BigDecimal.valueOf(Math.round(value * 100), 2)
                .stripTrailingZeros()
                .toPlainString();
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", share * 100);
    }

    private static GateResult result(
            Gate gate, Outcome outcome, String sentence, Map<String, Double> values) {
        return result(gate, outcome, sentence, 0, values);
    }

    private static GateResult result(
            Gate gate, Outcome outcome, String sentence, int look, Map<String, Double> values) {
        return new GateResult(kind(gate), outcome, sentence, look, values);
    }
}
