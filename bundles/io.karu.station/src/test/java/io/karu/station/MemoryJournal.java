package io.karu.station;

import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.Overrule;
import io.karu.api.inspection.Verdict;
import io.karu.api.uplink.Publication;
import io.karu.api.uplink.VerdictJournal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A journal in memory, whose disk can be full and whose next append can be held. */
final class MemoryJournal implements VerdictJournal {
    private final Map<FrameId, Verdict> verdicts = new LinkedHashMap<>();
    private final List<Publication> publications = new ArrayList<>();
    private boolean full;
    private int appends;

    synchronized void full(boolean now) {
        full = now;
    }

    synchronized List<Verdict> verdicts() {
        return List.copyOf(verdicts.values());
    }

    synchronized List<Publication> publications() {
        return List.copyOf(publications);
    }

    synchronized int appends() {
        return appends;
    }

    @Override
    public synchronized boolean append(Verdict verdict, Publication publication)
            throws IOException {
        if (full) {
            throw new IOException("No space left on device");
        }
        appends++;
        publications.add(publication);
        return verdicts.putIfAbsent(verdict.frame(), verdict) == null;
    }

    @Override
    public void append(Overrule overrule) {
        throw new UnsupportedOperationException();
    }

    @Override
    public synchronized boolean contains(FrameId frame) {
        return verdicts.containsKey(frame);
    }

    @Override
    public List<Entry> newest(int limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public synchronized Optional<Entry> find(FrameId frame) {
        return Optional.ofNullable(verdicts.get(frame)).map(v -> new Entry(0, v, Optional.empty()));
    }
}
