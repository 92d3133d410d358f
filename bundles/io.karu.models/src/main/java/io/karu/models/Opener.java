package io.karu.models;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Verification;
import java.time.Duration;
import java.util.Optional;

/**
 * Opens versions on the present engine and proves them there, beside what decides. Confined to the
 * worker's thread.
 */
final class Opener {
    /** What frees a session's memory holds up the first frames of the next. */
    private static final Duration CLOSE_AFTER = Duration.ofMillis(250);

    private final Publications publications;
    private final Intake intake;
    private final GraphCheck graphs;
    private final Worker worker;
    private final Steps steps;
    private final UsedShapes shapes = new UsedShapes();
    private SessionOptions options;
    private Duration took = Duration.ZERO;

    Opener(
            Publications publications,
            Intake intake,
            GraphCheck graphs,
            Worker worker,
            Steps steps,
            SessionOptions options) {
        this.publications = publications;
        this.intake = intake;
        this.graphs = graphs;
        this.worker = worker;
        this.steps = steps;
        this.options = options;
    }

    /**
     * Sessions that are opened from now on use the machine so.
     *
     * @return whether that is something else than before
     */
    boolean use(SessionOptions next) {
        boolean other = !next.equals(options);
        options = next;
        return other;
    }

    /** The publication that is open, or a new one that is not published yet. */
    Publication opened(Digest digest) throws ModelException {
        took = Duration.ZERO;
        Optional<Publication> known = publications.find(digest);
        Publication publication = known.isPresent() ? known.get() : open(digest);
        steps.reached(Step.OPENED);
        return publication;
    }

    /** A new publication, also of what is open; it is not published yet. */
    Publication open(Digest digest) throws ModelException {
        InferenceEngine engine =
                publications
                        .engine()
                        .orElseThrow(
                                () ->
                                        new ModelException(
                                                Code.NO_ENGINE,
                                                intake.label(digest)
                                                        + " "
                                                        + publications.awaited()));
        long start = System.nanoTime();
        long resident = ResidentMemory.bytes();
        ModelVersionFolder version = intake.read(digest);
        graphs.require(version);
        InferenceSession session = Verification.open(version, engine, options);
        String name = version.card().name();
        shapes.warmUp(name, session);
        long added = Math.max(0, ResidentMemory.bytes() - resident);
        took = Duration.ofNanos(System.nanoTime() - start);
        return new Publication(
                digest,
                version.card(),
                new Publication.Opened(engine, shapes.noting(name, session), added),
                this::unused);
    }

    /** How long the last opening took; zero when it was open. */
    Duration took() {
        return took;
    }

    private void unused(Publication publication) {
        publications.ended();
        worker.runAnyway(CLOSE_AFTER, publication.session()::close);
    }
}
