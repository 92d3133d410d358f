package io.karu.station;

import io.karu.api.inference.InferenceException;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Finding;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.FrameView;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelLease;
import io.karu.api.model.Models;
import io.karu.api.model.Preprocessing;
import io.karu.api.sample.Sample;
import io.karu.api.sample.SampleSpool;
import io.karu.api.uplink.Publication;
import io.karu.api.uplink.VerdictJournal;
import io.karu.vision.HeatMap;
import io.karu.vision.Image;
import io.karu.vision.inspect.FrameDecoder;
import io.karu.vision.inspect.Inspector;
import io.karu.vision.inspect.Inspectors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
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
    private final FrameDecoder frames = new FrameDecoder();
    private final FrameDecoder templates = new FrameDecoder();
    private final HeatMap heatMaps = new HeatMap();
    private final MessageDigest sha256 = sha256();

    private StationSettings settings;
    private Inspector inspector;
    private ModelCard.Task task;
    private Models models;
    private VerdictJournal journal;
    private SampleSpool spool;
    private ReferenceImage reference;
    private long acceptedUnpublished;
    private String spoolProblem;
    private Digest namedModel;
    private String modelName = "";

    /** What the model said of one frame, and what that cost. */
    private record Seen(
            Judgement judgement,
            List<Finding> findings,
            Optional<Digest> model,
            String modelName,
            long decodeNanos,
            long inferenceNanos,
            long decisionNanos,
            boolean mapped) {
        static Seen nothing(String reason) {
            return new Seen(
                    Judgement.review(reason), List.of(), Optional.empty(), "", 0, 0, 0, false);
        }
    }

    FrameInspection(StationCounters counters, ListenerDispatch listeners) {
        this.counters = counters;
        this.listeners = listeners;
    }

    /** What the next frames are inspected with. */
    void use(StationSettings recipe, Models service, VerdictJournal verdicts, SampleSpool samples) {
        if (settings != recipe) {
            settings = recipe;
            dropInspector();
            closeReference();
            reference = recipe.reference().map(ReferenceImage::new).orElse(null);
        }
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
     * @return the journaled verdict; when the frame had one before, that one. Another image under a
     *     name that was used before is another frame.
     */
    Verdict inspect(Frame frame, long sinceNanos, Optional<String> unseen)
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
        Seen seen = unseen.isPresent() ? Seen.nothing(unseen.get()) : look(frame);
        return finish(id, frame, digest, seen, start - sinceNanos);
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
        if (inspector != null) {
            inspector.release();
        }
    }

    @Override
    public void close() {
        dropInspector();
        closeReference();
        frames.close();
        templates.close();
        heatMaps.close();
    }

    private void closeReference() {
        if (reference != null) {
            reference.close();
            reference = null;
        }
    }

    private void dropInspector() {
        if (inspector != null) {
            inspector.close();
            inspector = null;
            task = null;
        }
    }

    /** The inspector of the model's task; another task's is let go. */
    private Inspector inspector(ModelCard card) {
        if (task != card.task()) {
            dropInspector();
            inspector = Inspectors.forTask(card.task(), settings.rejectLabels());
            task = card.task();
        }
        return inspector;
    }

    private Seen look(Frame frame) throws NotReadyException {
        long start = System.nanoTime();
        try (ModelLease lease = lease()) {
            return look(frame, lease, start);
        }
    }

    private Seen look(Frame frame, ModelLease lease, long start) throws NotReadyException {
        ModelCard card = lease.card();
        Image image;
        try {
            image = frames.decode(frame.encoded(), card.preprocessing().color());
        } catch (IOException e) {
            return Seen.nothing("the image cannot be read: " + e.getMessage());
        }
        if (!lease.digest().equals(namedModel)) {
            namedModel = lease.digest();
            modelName = card.name() + " " + card.version();
            counters.model(modelName + " (" + lease.digest().abbreviated() + ")");
        }
        try {
            Inspector eye = inspector(card);
            eye.prepare(card, lease.session(), image.width(), image.height());
            if (eye.comparesWithTemplate()) {
                String problem = fillWithTemplate(eye, frame, image, card);
                if (problem != null) {
                    return Seen.nothing(problem);
                }
            } else {
                eye.fill(image);
            }
            long filled = System.nanoTime();
            eye.run();
            long ran = System.nanoTime();
            double threshold = settings.threshold(card);
            List<Finding> findings = rejecting(eye.findings(threshold));
            Judgement judgement =
                    Judgement.of(
                            findings,
                            eye.highestBelow(),
                            threshold,
                            settings.rejectMinFindings(),
                            settings.reviewMargin());
            long decided = System.nanoTime();
            return new Seen(
                    judgement,
                    findings,
                    Optional.of(lease.digest()),
                    modelName,
                    filled - start,
                    ran - filled,
                    decided - ran,
                    eye.map() != null);
        } catch (InferenceException e) {
            inspector.release();
            if (e.code() == InferenceException.Code.ENGINE_STOPPED) {
                throw new NotReadyException(
                        "the inference engine stopped; waiting for it to return", e);
            }
            return failed(lease, "the model failed on this frame: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            release();
            throw new NotReadyException(e.getMessage(), e);
        }
    }

    /** Returns what is wrong with the template, null when both images are in the tensors. */
    private String fillWithTemplate(Inspector eye, Frame frame, Image image, ModelCard card) {
        Image template;
        try {
            template = template(frame, card.preprocessing().color());
        } catch (IOException e) {
            return "the template cannot be read: " + e.getMessage();
        }
        if (template == null) {
            return "no template came with the frame";
        }
        if (template.width() != image.width() || template.height() != image.height()) {
            return "the image is "
                    + image.width()
                    + "x"
                    + image.height()
                    + ", its template "
                    + template.width()
                    + "x"
                    + template.height();
        }
        eye.fill(image, template);
        return null;
    }

    /** Without the findings of classes that the recipe lets pass. */
    private List<Finding> rejecting(List<Finding> findings) {
        if (settings.rejectLabels().isEmpty() || findings.isEmpty()) {
            return findings;
        }
        return findings.stream()
                .filter(finding -> settings.rejectLabels().contains(finding.label()))
                .toList();
    }

    private Seen failed(ModelLease lease, String reason) {
        return new Seen(
                Judgement.review(reason),
                List.of(),
                Optional.of(lease.digest()),
                modelName,
                0,
                0,
                0,
                false);
    }

    private ModelLease lease() throws NotReadyException {
        try {
            return models.lease(settings.model());
        } catch (ModelException e) {
            throw new NotReadyException("model " + settings.model() + ": " + e.getMessage(), e);
        }
    }

    /** The template to compare with; null when there is none. */
    private Image template(Frame frame, Preprocessing.Color color) throws IOException {
        if (frame.template().isPresent()) {
            return templates.decode(frame.template().get(), color);
        }
        return reference == null ? null : reference.image(color);
    }

    private Verdict finish(FrameId id, Frame frame, Digest known, Seen seen, long queuedNanos)
            throws IOException {
        Decision decision = seen.judgement().decision();
        boolean keeps = spool != null && settings.keepImages().keeps(decision);
        Optional<byte[]> heatMap =
                seen.mapped() && (keeps || listeners.hasListeners())
                        ? Optional.of(
                                heatMaps.png(
                                        inspector.map(),
                                        inspector.mapColumns(),
                                        inspector.mapRows()))
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
                        seen.model(),
                        seen.modelName(),
                        digest,
                        heatMapDigest,
                        new Verdict.Timing(
                                Duration.ofNanos(queuedNanos),
                                Duration.ofNanos(seen.decodeNanos()),
                                Duration.ofNanos(seen.inferenceNanos()),
                                Duration.ofNanos(seen.decisionNanos())));
        journal.append(verdict, publication(decision));
        counters.decided(decision, System.nanoTime());
        if (listeners.hasListeners()) {
            listeners.tell(
                    verdict, new View(frame, template(frame, seen), heatMap.map(ByteBuffer::wrap)));
        }
        return verdict;
    }

    private Optional<ByteBuffer> template(Frame frame, Seen seen) {
        if (frame.template().isPresent() || reference == null || !seen.mapped()) {
            return frame.template();
        }
        return Optional.of(reference.encoded());
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
