package io.karu.station;

import io.karu.api.evidence.Evidence.Subject;
import io.karu.api.inference.InferenceException;
import io.karu.api.inspection.Finding;
import io.karu.api.inspection.Frame;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelLease;
import io.karu.api.model.Preprocessing;
import io.karu.vision.Image;
import io.karu.vision.inspect.FrameDecoder;
import io.karu.vision.inspect.Inspector;
import io.karu.vision.inspect.Inspectors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Decodes a frame, runs a model on it under a lease and judges. Keeps its images and tensors from
 * frame to frame; belongs to one thread.
 */
final class Examiner implements AutoCloseable {
    private final FrameDecoder frames = new FrameDecoder();
    private final FrameDecoder templates = new FrameDecoder();

    private StationSettings settings;
    private Inspector inspector;
    private ModelCard.Task task;
    private ReferenceImage reference;
    private Subject subject;

    /** The recipe of the next frames. */
    void use(StationSettings recipe) {
        if (settings != recipe) {
            settings = recipe;
            dropInspector();
            closeReference();
            reference = recipe.reference().map(ReferenceImage::new).orElse(null);
        }
    }

    /**
     * Lets the leased version judge a frame.
     *
     * @throws NotReadyException when it cannot be asked now
     */
    Examination examine(Frame frame, ModelLease lease) throws NotReadyException {
        long start = System.nanoTime();
        ModelCard card = lease.card();
        Image image;
        try {
            image = frames.decode(frame.encoded(), card.preprocessing().color());
        } catch (IOException e) {
            return Examination.none("the image cannot be read: " + e.getMessage());
        }
        if (subject == null || !subject.digest().equals(lease.digest())) {
            subject = new Subject(lease.digest(), card.name(), card.version());
        }
        try {
            Inspector eye = inspector(card);
            eye.prepare(card, lease.session(), image.width(), image.height());
            if (eye.comparesWithTemplate()) {
                String problem = fillWithTemplate(eye, frame, image, card);
                if (problem != null) {
                    return Examination.none(problem);
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
            return new Examination(
                    judgement,
                    findings,
                    Optional.of(subject),
                    new Examination.Cost(filled - start, ran - filled, System.nanoTime() - ran),
                    false,
                    eye.map() != null);
        } catch (InferenceException e) {
            inspector.release();
            if (e.code() == InferenceException.Code.ENGINE_STOPPED) {
                throw new NotReadyException(
                        "the inference engine stopped; waiting for it to return", e);
            }
            return Examination.failed(subject, e.getMessage());
        } catch (IllegalArgumentException e) {
            release();
            throw new NotReadyException(e.getMessage(), e);
        }
    }

    /** The inspector of the last frame, which holds its map. */
    Inspector inspector() {
        return inspector;
    }

    /** The file's bytes of the template that was compared with, where the recipe has one. */
    Optional<ByteBuffer> reference() {
        return Optional.ofNullable(reference).map(ReferenceImage::encoded);
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

    /** The template to compare with; null when there is none. */
    private Image template(Frame frame, Preprocessing.Color color) throws IOException {
        if (frame.template().isPresent()) {
            return templates.decode(frame.template().get(), color);
        }
        return reference == null ? null : reference.image(color);
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
}
