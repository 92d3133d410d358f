package io.karu.aggregator.rollout;

import static io.karu.aggregator.rollout.RolloutState.FINISHED;
import static io.karu.aggregator.rollout.RolloutState.HALTED;
import static io.karu.aggregator.rollout.RolloutState.PAUSED;
import static io.karu.aggregator.rollout.RolloutState.READY;
import static io.karu.aggregator.rollout.RolloutState.REVERTED;
import static io.karu.aggregator.rollout.RolloutState.REVERTING;
import static io.karu.aggregator.rollout.RolloutState.RUNNING;
import static io.karu.aggregator.rollout.RolloutState.STOPPED;
import static io.karu.aggregator.rollout.RolloutState.WAITING_FOR_APPROVAL;

import java.util.Locale;
import java.util.Set;

/** What a person does with a rollout. */
public enum Verb {
    APPROVE(WAITING_FOR_APPROVAL),
    DENY(WAITING_FOR_APPROVAL),
    START(READY),
    PAUSE(RUNNING),
    /** Goes on; a gate that halted the rollout is waived for its group. */
    RESUME(PAUSED, HALTED),
    /** Ends it; what becomes of the gateways already changed has to be said. */
    STOP(WAITING_FOR_APPROVAL, READY, RUNNING, PAUSED, HALTED),
    /** Tries gateways that failed again. */
    RETRY(RUNNING, PAUSED, HALTED, FINISHED, REVERTING, REVERTED),
    /** Begins the next group although the gates have not passed. */
    NEXT_GROUP(RUNNING),
    /** Brings gateways already changed back to what they had. */
    REVERT(RUNNING, PAUSED, HALTED, FINISHED, STOPPED);

    private final Set<RolloutState> states;

    Verb(RolloutState... states) {
        this.states = Set.of(states);
    }

    /** Whether a rollout in this state takes it. */
    public boolean fits(RolloutState state) {
        return states.contains(state);
    }

    /** As in addresses and on the command line: {@code next-group}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
