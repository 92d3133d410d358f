package io.karu.aggregator.rollout;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.fleet.GatewayId;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Staged deliveries. Progress is told by {@code Event.RolloutChanged}. Thread-safe. */
public interface RolloutService {
    /** An artefact as a person names it. */
    String describe(Artefact artefact);

    /** The stream of a job's download, as fast as its rollout allows the gateway's site. */
    OutputStream paced(long job, OutputStream out);

    /**
     * Which gateways each group would have, by group name.
     *
     * @throws AggregatorException as {@link #create}
     */
    Map<String, List<GatewayId>> preview(RolloutPlan plan);

    /** Whether a second person has to approve it, by the plan or by the aggregator's settings. */
    boolean needsApproval(RolloutPlan plan);

    /**
     * Keeps a plan and distributes the gateways; nothing is changed until it is started.
     *
     * @throws AggregatorException {@code MODEL_NOT_FOUND}, {@code PACKAGE_NOT_FOUND}, {@code
     *     PACKAGE_NEEDS_RESTART}, {@code ROLLOUT_INVALID} when the groups do not fit the gateways
     */
    Rollout create(RolloutPlan plan, String person);

    /** {@code ROLLOUT_NOT_FOUND} when there is none. */
    Rollout get(long id);

    /** Newest first; {@code before} for the next page. */
    List<Rollout> list(Optional<Long> before, int limit);

    /** Its gateways, by group and name. */
    List<RolloutMember> members(long id);

    /** What happened, in order. */
    List<RolloutEntry> history(long id);

    /**
     * Does what a person says.
     *
     * @throws AggregatorException {@code ROLLOUT_STATE} when the verb does not fit, {@code
     *     ROLLOUT_NEEDS_OTHER_PERSON} when the approver is the author, {@code ROLLOUT_CONFLICT}
     *     when another rollout changes the same on one of its gateways, {@code
     *     ROLLOUT_CHANGED_UNDECIDED} when a stop does not say what becomes of changed gateways
     */
    Rollout act(long id, Instruction instruction);
}
