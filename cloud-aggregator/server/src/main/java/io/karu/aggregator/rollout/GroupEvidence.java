package io.karu.aggregator.rollout;

import io.karu.aggregator.evidence.EvidenceReport;
import io.karu.aggregator.evidence.Tally;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.Health;
import java.util.List;
import java.util.Optional;

/**
 * What is known of a group, which also tells what its gates said last.
 *
 * @param artefact as a person names it
 * @param members gateways that have the artefact
 * @param coming gateways that are online and will run it in the shadow, but do not yet
 */
record GroupEvidence(String artefact, RolloutGroup group, List<Member> members, int coming) {
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

    /** Where it decides. */
    List<Member> changed() {
        return members.stream().filter(Member::decides).toList();
    }

    boolean nothingToChange() {
        return group.size() > 0 && group.count(MemberState.UNCHANGED) == group.size();
    }
}
