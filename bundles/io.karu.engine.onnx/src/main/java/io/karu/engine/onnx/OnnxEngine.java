package io.karu.engine.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceException.Code;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ONNX Runtime on the CPU. Owns every session it opened. A service while ONNX Runtime is loaded:
 * the natives bundle registers its environment.
 */
@Component(
        name = "io.karu.engine.onnx.OnnxEngine",
        service = InferenceEngine.class,
        immediate = true)
public final class OnnxEngine implements InferenceEngine, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxEngine.class);

    private final OrtEnvironment environment;
    private final Duration deadline;
    private final UseGate opening = new UseGate();
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * What is native goes when the JVM ends: nothing is opened from then on, and the end waits for
     * what is being opened.
     */
    private final Thread atExit = new Thread(this::refuseAndWait, "karu-onnxruntime-exit");

    private final Set<OnnxSession> sessions = ConcurrentHashMap.newKeySet();

    /** For a JVM without a framework, such as a worker's, which finds engines by ServiceLoader. */
    public OnnxEngine() {
        this(OrtEnvironment.getEnvironment());
    }

    @Activate
    public OnnxEngine(@Reference OrtEnvironment environment) {
        this(environment, Duration.ofSeconds(10));
    }

    /**
     * @param deadline how long a close waits for runs in progress before it leaks a session
     */
    OnnxEngine(OrtEnvironment environment, Duration deadline) {
        this.environment = environment;
        this.deadline = deadline;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    @Override
    public String name() {
        return "onnxruntime";
    }

    @Override
    public String version() {
        return environment.getVersion();
    }

    @Override
    public InferenceSession open(Path model, SessionOptions options) throws InferenceException {
        if (!opening.enter()) {
            throw stopped();
        }
        try {
            requireContent(model);
            OnnxSession session = new OnnxSession(this, environment, create(model, options));
            sessions.add(session);
            return session;
        } catch (OrtException e) {
            throw refused(model, e);
        } finally {
            opening.exit();
        }
    }

    /**
     * Closes every session: waits for the runs in progress until the deadline, all sessions
     * together. Idempotent.
     */
    @Override
    @Deactivate
    public void close() {
        long end = System.nanoTime() + deadline.toNanos();
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        forgetExit();
        refuseAndWait();
        sessions.forEach(OnnxSession::refuse);
        sessions.forEach(
                session -> session.close(Duration.ofNanos(Math.max(0, end - System.nanoTime()))));
    }

    private void refuseAndWait() {
        opening.close();
        if (!opening.awaitUnused(deadline)) {
            LOG.error(
                    "a model is still being opened after {} s; it is leaked", deadline.toSeconds());
        }
    }

    private void forgetExit() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            LOG.debug("the JVM is ending");
        }
    }

    Duration deadline() {
        return deadline;
    }

    void forget(OnnxSession session) {
        sessions.remove(session);
    }

    static InferenceException stopped() {
        return new InferenceException(
                Code.ENGINE_STOPPED, "the engine onnxruntime has stopped or the model was closed");
    }

    private OrtSession create(Path model, SessionOptions options) throws OrtException {
        try (OrtSession.SessionOptions ort = new OrtSession.SessionOptions()) {
            ort.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
            ort.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            ort.setIntraOpNumThreads(options.intraOpThreads());
            ort.setInterOpNumThreads(1);
            ort.addConfigEntry("session.intra_op.allow_spinning", options.spinning() ? "1" : "0");
            ort.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            return environment.createSession(model.toString(), ort);
        }
    }

    private static void requireContent(Path model) throws InferenceException {
        try {
            if (Files.size(model) == 0) {
                throw new InferenceException(Code.MODEL_REFUSED, model.getFileName() + " is empty");
            }
        } catch (IOException e) {
            throw new InferenceException(
                    Code.MODEL_REFUSED,
                    "cannot read the model " + model + ": " + e.getMessage(),
                    e);
        }
    }

    private InferenceException refused(Path model, OrtException cause) {
        String reason = cause.getMessage().replaceFirst("^Error code - \\w+ - message: ", "");
        return new InferenceException(
                Code.MODEL_REFUSED,
                "ONNX Runtime "
                        + version()
                        + " cannot execute "
                        + model.getFileName()
                        + ": "
                        + reason,
                cause);
    }
}
