package io.karu.station;

import io.karu.api.inspection.FrameId;
import io.karu.api.model.Digest;
import io.karu.api.sample.Sample;
import io.karu.api.sample.SampleSpool;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A spool without a disk. */
final class MemorySpool implements SampleSpool {
    private final Map<Digest, byte[]> blobs = new HashMap<>();
    private final Map<FrameId, Sample> samples = new LinkedHashMap<>();

    @Override
    public synchronized Digest put(ByteBuffer content) {
        byte[] bytes = new byte[content.remaining()];
        content.duplicate().get(bytes);
        try {
            Digest digest =
                    new Digest(
                            "sha256:"
                                    + HexFormat.of()
                                            .formatHex(
                                                    MessageDigest.getInstance("SHA-256")
                                                            .digest(bytes)));
            blobs.put(digest, bytes);
            return digest;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public synchronized void keep(Sample sample) {
        samples.put(sample.frame(), sample);
    }

    @Override
    public synchronized Optional<byte[]> get(Digest digest) {
        return Optional.ofNullable(blobs.get(digest));
    }

    @Override
    public synchronized Optional<Sample> find(FrameId frame) {
        return Optional.ofNullable(samples.get(frame));
    }

    @Override
    public synchronized List<Sample> newest(int limit) {
        List<Sample> all = new ArrayList<>(samples.values());
        return all.subList(Math.max(0, all.size() - limit), all.size());
    }

    @Override
    public synchronized long bytes() {
        return blobs.values().stream().mapToLong(bytes -> bytes.length).sum();
    }
}
