package io.karu.station;

import io.karu.api.evidence.Evidence;
import io.karu.api.evidence.Evidence.Subject;
import io.karu.api.inspection.StationId;
import io.karu.api.model.Digest;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The tallies of one station: the present one of what decides and of what runs in its shadow, and
 * the last few before, until they are told. Another version, recipe or champion begins another.
 * Thread-safe.
 */
final class Tallies {
    private static final int KEPT = 6;

    private final StationId station;
    private final Deque<Tally> newest = new ArrayDeque<>();
    private Tally champion;
    private Tally challenger;

    Tallies(StationId station) {
        this.station = station;
    }

    /** The tally of the version that decides. */
    synchronized Tally champion(Subject model, StationSettings recipe) {
        if (champion == null || !champion.isOf(model.digest(), Optional.empty(), recipe)) {
            champion = begun(model, Optional.empty(), recipe);
        }
        return champion;
    }

    /** The tally of a challenger beside a champion. */
    synchronized Tally challenger(Subject model, Digest of, StationSettings recipe) {
        if (challenger == null || !challenger.isOf(model.digest(), Optional.of(of), recipe)) {
            challenger = begun(model, Optional.of(of), recipe);
        }
        return challenger;
    }

    private Tally begun(Subject model, Optional<Digest> of, StationSettings recipe) {
        Tally tally = new Tally(station, model, of, recipe);
        newest.addFirst(tally);
        if (newest.size() > KEPT) {
            newest.removeLast();
        }
        return tally;
    }

    synchronized List<Evidence> evidence() {
        Instant now = Instant.now();
        return newest.stream().map(tally -> tally.evidence(now)).toList();
    }
}
