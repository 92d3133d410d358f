package io.karu.aggregator.deployment;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * What the executor has to remember of a job between steps and over restarts.
 *
 * @param stateSince when the present state was entered: deadlines count from it
 * @param sent whether the request of this state may have reached the gateway
 * @param attempts how often the request was sent again after the gateway had gone
 * @param failingBefore health checks that failed before the job changed anything
 * @param digestBefore what a model's alias meant before
 */
record Memo(
        Instant stateSince,
        boolean sent,
        int attempts,
        Set<String> failingBefore,
        Optional<String> digestBefore) {
    static final Memo NEW = new Memo(Instant.EPOCH, false, 0, Set.of(), Optional.empty());

    Memo {
        failingBefore = Set.copyOf(failingBefore);
    }

    Memo since(Instant now) {
        return new Memo(now, false, attempts, failingBefore, digestBefore);
    }

    Memo asSent() {
        return new Memo(stateSince, true, attempts, failingBefore, digestBefore);
    }

    Memo onceMore() {
        return new Memo(stateSince, false, attempts + 1, failingBefore, digestBefore);
    }

    Memo afresh() {
        return new Memo(stateSince, false, 0, failingBefore, digestBefore);
    }

    Memo failing(Set<String> checks) {
        return new Memo(stateSince, sent, attempts, checks, digestBefore);
    }

    Memo digest(String before) {
        return new Memo(stateSince, sent, attempts, failingBefore, Optional.of(before));
    }
}
