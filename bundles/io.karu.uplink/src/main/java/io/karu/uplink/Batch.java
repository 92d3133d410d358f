package io.karu.uplink;

import com.google.gson.JsonObject;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.Verdict;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Entries that travel together in one message.
 *
 * @param first sequence number of its first entry
 * @param last sequence number of its last entry
 * @param count entries; 0 when there was nothing to send
 * @param dropped entries the journal's bound has dropped since it began
 * @param station station of the newest verdict; of the newest overrule when there is no verdict
 * @param newest the newest verdict, absent when the batch has overrules only
 * @param body the entries as a JSON array, UTF-8
 * @param next where the journal goes on after it
 */
public record Batch(
        long first,
        long last,
        int count,
        long dropped,
        String station,
        Optional<Newest> newest,
        byte[] body,
        SegmentedJournal.Cursor next) {

    /**
     * What clouds that read metrics only are told.
     *
     * @param label class of the finding with the highest score, empty without findings
     */
    public record Newest(Decision decision, double score, String label, int findings) {}

    /** Collects entries up to the bounds; always takes at least one. */
    static final class Builder {
        private final long confirmed;
        private final int maxEntries;
        private final int maxBytes;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream(8192);
        private long first;
        private long last;
        private int count;
        private FrameId newestFrame;
        private byte[] newestVerdict;
        private Long rest;

        Builder(long confirmed, int maxEntries, int maxBytes) {
            this.confirmed = confirmed;
            this.maxEntries = maxEntries;
            this.maxBytes = maxBytes;
        }

        /** Returns whether more are wanted. */
        boolean offer(
                long position, long sequence, FrameId frame, boolean verdict, ByteBuffer json) {
            if (sequence <= confirmed) {
                return true;
            }
            if (count > 0
                    && (count >= maxEntries || body.size() + json.remaining() + 2 > maxBytes)) {
                rest = position;
                return false;
            }
            byte[] text = new byte[json.remaining()];
            json.get(text);
            body.write(count == 0 ? '[' : ',');
            body.writeBytes(text);
            if (count == 0) {
                first = sequence;
            }
            last = sequence;
            count++;
            if (verdict) {
                newestVerdict = text;
            }
            if (verdict || newestVerdict == null) {
                newestFrame = frame;
            }
            return true;
        }

        OptionalLong rest() {
            return rest == null ? OptionalLong.empty() : OptionalLong.of(rest);
        }

        Batch build(SegmentedJournal.Cursor next, long dropped) {
            if (count == 0) {
                return new Batch(0, 0, 0, dropped, "", Optional.empty(), new byte[0], next);
            }
            body.write(']');
            return new Batch(
                    first,
                    last,
                    count,
                    dropped,
                    newestFrame.station().value(),
                    Optional.ofNullable(newestVerdict).map(Builder::summary),
                    body.toByteArray(),
                    next);
        }

        private static Newest summary(byte[] text) {
            JsonObject json = EntryJson.parse(ByteBuffer.wrap(text));
            Verdict verdict = EntryJson.verdict(json);
            return new Newest(
                    verdict.decision(),
                    verdict.score(),
                    verdict.findings().isEmpty() ? "" : verdict.findings().get(0).label(),
                    verdict.findings().size());
        }
    }
}
