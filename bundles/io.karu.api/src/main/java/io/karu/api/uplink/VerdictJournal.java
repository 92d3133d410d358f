package io.karu.api.uplink;

import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.Overrule;
import io.karu.api.inspection.Verdict;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The durable, bounded list of what this gateway decided, in order. Entries leave for the cloud in
 * batches and are dropped only after the cloud's broker confirmed them, or when the journal's bound
 * is reached (counted, oldest first). Thread-safe.
 */
@ProviderType
public interface VerdictJournal {
    /**
     * Appends a verdict durably: when this returns, a power cut does not lose it. A frame already
     * in the journal is not appended again.
     *
     * @param publication whether it leaves for the cloud; a verdict that is kept still counts, is
     *     listed and can be overruled
     * @return true if it was appended, false if the frame already has a verdict
     * @throws IOException when it could not be written: the frame is not done
     */
    boolean append(Verdict verdict, Publication publication) throws IOException;

    /**
     * Appends a verdict that is published: {@link #append(Verdict, Publication)} with {@link
     * Publication#PUBLISH}.
     */
    default boolean append(Verdict verdict) throws IOException {
        return append(verdict, Publication.PUBLISH);
    }

    /** Appends an operator's decision durably. */
    void append(Overrule overrule) throws IOException;

    /**
     * The frame's verdict, if the journal still knows it (at least the last 10,000 frames of each
     * station).
     */
    boolean contains(FrameId frame);

    /** The newest verdicts with the overrule of each, newest first. */
    List<Entry> newest(int limit);

    /** The entry of one frame, if the journal still has it. */
    Optional<Entry> find(FrameId frame);

    /** A verdict with the last overrule of its frame. */
    record Entry(long sequence, Verdict verdict, Optional<Overrule> overrule) {}
}
