package io.karu.bench.station;

import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.Overrule;
import io.karu.api.inspection.Verdict;
import io.karu.api.uplink.Publication;
import io.karu.api.uplink.VerdictJournal;
import java.util.List;
import java.util.Optional;

/** A journal that only remembers the last verdict: a disk's speed is not the station's. */
final class CountingJournal implements VerdictJournal {
    private Verdict last;

    synchronized Verdict last() {
        return last;
    }

    @Override
    public synchronized boolean append(Verdict verdict, Publication publication) {
        last = verdict;
        return true;
    }

    @Override
    public void append(Overrule overrule) {
        throw new UnsupportedOperationException("no overrules here");
    }

    @Override
    public boolean contains(FrameId frame) {
        return false;
    }

    @Override
    public List<Entry> newest(int limit) {
        return List.of();
    }

    @Override
    public Optional<Entry> find(FrameId frame) {
        return Optional.empty();
    }
}
