package io.karu.aggregator.rollout;

import io.karu.aggregator.configuration.ComponentUpdate;
import io.karu.aggregator.evidence.Tally;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a gateway had and did before it was changed: to compare with, and to go back to.
 *
 * @param version digest, package version; absent when there was none, and of configurations
 * @param challenger digest of the version that ran in the shadow; absent when none did
 * @param configurations values of the properties that are written
 * @param failing checks that failed already
 * @param before what the previous version did
 * @param offset what is not to be counted as done by the new one
 * @param verdict number of the newest verdict of all
 */
public record Baseline(
        Optional<String> version,
        Optional<String> challenger,
        List<ComponentUpdate> configurations,
        Set<String> failing,
        Tally before,
        Tally offset,
        long verdict) {
    public Baseline {
        challenger = challenger == null ? Optional.empty() : challenger;
        configurations = configurations == null ? List.of() : List.copyOf(configurations);
        failing = failing == null ? Set.of() : Set.copyOf(failing);
    }
}
