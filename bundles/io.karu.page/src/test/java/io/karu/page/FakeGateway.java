package io.karu.page;

import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Finding;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.FrameView;
import io.karu.api.inspection.Overrule;
import io.karu.api.inspection.Station;
import io.karu.api.inspection.StationBusyException;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.StationStatus;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.Digest;
import io.karu.api.sample.SampleSpool;
import io.karu.api.uplink.Publication;
import io.karu.api.uplink.VerdictJournal;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Stations, a journal in memory, and an identity {@code admin}. */
final class FakeGateway implements Gateway, Identities, VerdictJournal {
    static final String PASSWORD = "s3cret:with colon";
    private final List<Entry> entries = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, Station> stations = new ConcurrentHashMap<>();

    static Digest digest(byte[] content) {
        try {
            return new Digest(
                    "sha256:"
                            + HexFormat.of()
                                    .formatHex(
                                            MessageDigest.getInstance("SHA-256").digest(content)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static Verdict verdict(
            FrameId frame,
            Decision decision,
            byte[] image,
            Optional<byte[]> heatMap,
            List<Finding> findings) {
        String reason =
                switch (decision) {
                    case ACCEPT -> "no defect above 0.50";
                    case REJECT -> findings.size() + " defects above 0.50";
                    case REVIEW -> "score 0.48 is close to the threshold 0.50";
                };
        Instant now = Instant.now();
        return new Verdict(
                frame,
                now,
                now,
                decision,
                reason,
                findings.stream().mapToDouble(Finding::score).max().orElse(0.12),
                findings,
                Optional.of(digest(new byte[] {1})),
                "golden-template 2",
                digest(image),
                heatMap.map(FakeGateway::digest),
                new Verdict.Timing(
                        Duration.ofNanos(120_000),
                        Duration.ofNanos(5_200_000),
                        Duration.ofNanos(8_100_000),
                        Duration.ofNanos(900_000)));
    }

    static FrameView view(byte[] image, Optional<byte[]> heatMap) {
        return new FrameView() {
            @Override
            public ByteBuffer encoded() {
                return ByteBuffer.wrap(image).asReadOnlyBuffer();
            }

            @Override
            public Optional<ByteBuffer> template() {
                return Optional.empty();
            }

            @Override
            public Optional<ByteBuffer> heatMap() {
                return heatMap.map(ByteBuffer::wrap);
            }
        };
    }

    void station(String name, StationStatus.State state, Optional<String> reason) {
        StationId id = new StationId(name);
        stations.put(
                name,
                new Station() {
                    @Override
                    public StationStatus status() {
                        long rejected = count(id, Decision.REJECT);
                        long accepted = count(id, Decision.ACCEPT);
                        long review = count(id, Decision.REVIEW);
                        return new StationStatus(
                                id,
                                state,
                                reason,
                                "golden-template 2 (3fa9c0ffee00)",
                                accepted + rejected + review,
                                accepted,
                                rejected,
                                review,
                                0,
                                0,
                                state == StationStatus.State.INSPECTING ? 4.0 : 0);
                    }

                    @Override
                    public Verdict inspect(Frame frame) throws StationBusyException {
                        if (state == StationStatus.State.WAITING) {
                            throw new StationBusyException(
                                    reason.orElse("waits"), Duration.ofSeconds(7));
                        }
                        byte[] image = new byte[frame.encoded().remaining()];
                        frame.encoded().get(image);
                        Verdict verdict =
                                verdict(
                                        frame.id(),
                                        Decision.ACCEPT,
                                        image,
                                        Optional.empty(),
                                        List.of());
                        append(verdict, Publication.PUBLISH);
                        return verdict;
                    }
                });
    }

    private long count(StationId station, Decision decision) {
        synchronized (entries) {
            return entries.stream()
                    .map(Entry::verdict)
                    .filter(v -> v.frame().station().equals(station) && v.decision() == decision)
                    .count();
        }
    }

    @Override
    public Map<String, Station> stations() {
        return Map.copyOf(stations);
    }

    @Override
    public Optional<VerdictJournal> journal() {
        return Optional.of(this);
    }

    @Override
    public Optional<SampleSpool> spool() {
        return Optional.empty();
    }

    @Override
    public Access check(String name, char[] password) {
        if (!new String(password).equals(PASSWORD)) {
            return Access.WRONG_PASSWORD;
        }
        return name.equals("admin") ? Access.GRANTED : Access.NO_PERMISSION;
    }

    @Override
    public boolean append(Verdict verdict, Publication publication) {
        if (contains(verdict.frame())) {
            return false;
        }
        entries.add(new Entry(entries.size() + 1, verdict, Optional.empty()));
        return true;
    }

    @Override
    public void append(Overrule overrule) {
        synchronized (entries) {
            entries.replaceAll(
                    entry ->
                            entry.verdict().frame().equals(overrule.frame())
                                    ? new Entry(
                                            entry.sequence(),
                                            entry.verdict(),
                                            Optional.of(overrule))
                                    : entry);
        }
    }

    @Override
    public boolean contains(FrameId frame) {
        return find(frame).isPresent();
    }

    @Override
    public List<Entry> newest(int limit) {
        synchronized (entries) {
            List<Entry> newest = new ArrayList<>(entries);
            Collections.reverse(newest);
            return newest.subList(0, Math.min(limit, newest.size()));
        }
    }

    @Override
    public Optional<Entry> find(FrameId frame) {
        synchronized (entries) {
            return entries.stream().filter(e -> e.verdict().frame().equals(frame)).findFirst();
        }
    }
}
