package io.karu.station;

import io.karu.api.evidence.Evidence.Subject;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.FrameView;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelLease;
import io.karu.api.model.Models;
import io.karu.api.sample.Sample;
import io.karu.api.sample.SampleSpool;
import io.karu.api.uplink.Publication;
import io.karu.api.uplink.VerdictJournal;
import io.karu.vision.HeatMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of one frame: decode, run the model under one lease, decide, keep the images, journal,
 * tell. Belongs to the station's thread and keeps its images, tensors and arrays from frame to
 * frame.
 */
final class FrameInspection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FrameInspection.class);

    private final StationCounters counters;
    private final ListenerDispatch listeners;
    private final Tallies tallies;
    private final Shadow shadow;
    private final Examiner examiner = new Examiner();
    private final HeatMap heatMaps = new HeatMap();
    private final MessageDigest sha256 = sha256();

    private StationSettings settings;
    private Models models;
    private VerdictJournal journal;
    private SampleSpool spool;
    private long acceptedUnpublished;
    private String spoolProblem;
    private Subject named;
    private String modelName = "";

    FrameInspection(
            StationCounters counters, ListenerDispatch listeners, Tallies tallies, Shadow shadow) {
        this.counters = counters;
        this.listeners = listeners;
        this.tallies = tallies;
        this.shadow = shadow;
    }

    /** What the next frames are inspected with. */
    void use(StationSettings recipe, Models service, VerdictJournal verdicts, SampleSpool samples) {
        settings = recipe;
        examiner.use(recipe);
        models = service;
        journal = verdicts;
        spool = samples;
    }

    /**
     * Checks that the recipe's model can be leased, so that a station without frames says what it
     * waits for.
     */
    void requireModel() throws NotReadyException {
        lease().close();
    }

    /**
     * Inspects a frame and journals its verdict.
     *
     * @param sinceNanos when it began to wait
     * @param unseen why it is not to be inspected but reviewed
     * @param behind whether the line is too fast: then nothing else is done with the frame
     * @return the journaled verdict; when the frame had one before, that one. Another image under a
     *     name that was used before is another frame.
     */
    Verdict inspect(Frame frame, long sinceNanos, Optional<String> unseen, boolean behind)
            throws IOException, NotReadyException {
        FrameId id = frame.id();
        Digest digest = null;
        if (journal.contains(id)) {
            digest = digest(frame.encoded());
            Optional<Verdict> earlier = journal.find(id).map(VerdictJournal.Entry::verdict);
            if (earlier.isPresent() && earlier.get().imageDigest().equals(digest)) {
                return earlier.get();
            }
            id = FolderSource.repeated(id, digest);
            Optional<Verdict> again = journal.find(id).map(VerdictJournal.Entry::verdict);
            if (again.isPresent()) {
                return again.get();
            }
        }
        long start = System.nanoTime();
        Examination seen = unseen.isPresent() ? Examination.none(unseen.get()) : examine(frame);
        Verdict verdict = finish(id, frame, digest, seen, start - sinceNanos);
        seen.model().ifPresent(model -> tallies.champion(model, settings).add(seen));
        shadow.follow(new Shadow.Decided(frame, verdict, seen, settings), models, spool, behind);
        return verdict;
    }

    private Examination examine(Frame frame) throws NotReadyException {
        try (ModelLease lease = lease()) {
            Examination seen = examiner.examine(frame, lease);
            seen.model().filter(model -> model != named).ifPresent(this::name);
            return seen;
        }
    }

    private void name(Subject model) {
        named = model;
        modelName = model.name() + " " + model.version();
        counters.model(model.toString());
    }

    /** Lets go of everything that belongs to services which may have gone. */
    void forgetServices() {
        release();
        models = null;
        journal = null;
        spool = null;
    }

    /** Frees the tensors, which belong to an engine that may go. */
    void release() {
        examiner.release();
    }

    @Override
    public void close() {
        examiner.close();
        heatMaps.close();
    }

    private ModelLease lease() throws NotReadyException {
        try {
            return models.lease(settings.model());
        } catch (ModelException e) {
            throw new NotReadyException("model " + settings.model() + ": " + e.getMessage(), e);
        }
    }

    private Verdict finish(
            FrameId id, Frame frame, Digest known, Examination seen, long queuedNanos)
            throws IOException {
        Decision decision = seen.judgement().decision();
        boolean keeps = spool != null && settings.keepImages().keeps(decision);
        Optional<byte[]> heatMap =
                seen.mapped() && (keeps || listeners.hasListeners())
                        ? Optional.of(
                                heatMaps.png(
                                        examiner.inspector().map(),
                                        examiner.inspector().mapColumns(),
                                        examiner.inspector().mapRows()))
                        : Optional.empty();
        Digest digest = known == null ? digest(frame.encoded()) : known;
        Optional<Digest> heatMapDigest =
                keeps
                        ? keep(id, frame, digest, heatMap, seen.judgement().reason())
                        : Optional.empty();
        Verdict verdict =
                new Verdict(
                        id,
                        frame.capturedAt(),
                        Instant.now(),
                        decision,
                        seen.judgement().reason(),
                        seen.judgement().score(),
                        seen.findings(),
                        seen.model().map(Subject::digest),
                        seen.model().isPresent() ? modelName : "",
                        digest,
                        heatMapDigest,
                        new Verdict.Timing(
                                Duration.ofNanos(queuedNanos),
                                Duration.ofNanos(seen.cost().decode()),
                                Duration.ofNanos(seen.cost().inference()),
                                Duration.ofNanos(seen.cost().decision())));
        journal.append(verdict, publication(decision));
        counters.decided(decision, System.nanoTime());
        if (listeners.hasListeners()) {
            listeners.tell(
                    verdict, new View(frame, template(frame, seen), heatMap.map(ByteBuffer::wrap)));
        }
        return verdict;
    }

    private Optional<ByteBuffer> template(Frame frame, Examination seen) {
        return frame.template().isPresent() || !seen.mapped()
                ? frame.template()
                : examiner.reference();
    }

    private Publication publication(Decision decision) {
        boolean publishes =
                switch (settings.publish()) {
                    case ALL -> true;
                    case REJECTS -> decision != Decision.ACCEPT;
                    case SAMPLED ->
                            decision != Decision.ACCEPT
                                    || acceptedUnpublished++ % settings.publishSample() == 0;
                };
        return publishes ? Publication.PUBLISH : Publication.KEEP;
    }

    /**
     * Puts the images into the spool. A full or broken spool costs the images, never the verdict.
     */
    private Optional<Digest> keep(
            FrameId id, Frame frame, Digest digest, Optional<byte[]> heatMap, String reason) {
        try {
            spool.put(frame.encoded());
            Optional<Digest> template = Optional.empty();
            if (frame.template().isPresent()) {
                template = Optional.of(spool.put(frame.template().get()));
            }
            Optional<Digest> map = Optional.empty();
            if (heatMap.isPresent()) {
                map = Optional.of(spool.put(ByteBuffer.wrap(heatMap.get())));
            }
            spool.keep(new Sample(id, Instant.now(), digest, template, map, reason));
            spoolProblem = null;
            return map;
        } catch (IOException | RuntimeException e) {
            if (!String.valueOf(e.getMessage()).equals(spoolProblem)) {
                spoolProblem = String.valueOf(e.getMessage());
                LOG.warn("the images of {} are not kept: {}", id, spoolProblem);
            }
            return Optional.empty();
        }
    }

    private Digest digest(ByteBuffer bytes) {
        sha256.update(bytes.duplicate());
        return new Digest("sha256:" + HexFormat.of().formatHex(sha256.digest()));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private record View(Frame frame, Optional<ByteBuffer> template, Optional<ByteBuffer> map)
            implements FrameView {
        @Override
        public ByteBuffer encoded() {
            return frame.encoded().duplicate();
        }

        @Override
        public Optional<ByteBuffer> template() {
            return template.map(ByteBuffer::duplicate);
        }

        @Override
        public Optional<ByteBuffer> heatMap() {
            return map.map(ByteBuffer::asReadOnlyBuffer);
        }
    }
}
