package io.karu.station;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.Models;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.onnx.OnnxFile;
import io.karu.onnx.proto.ModelProto;
import io.karu.vision.model.GoldenTemplateGraph;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Versions 1 and 2 of golden-template on the real engine, and version 3, which is 2 and misses all
 * defects; which one a lease gives can be switched at any time.
 */
final class GoldenTemplate implements Models, AutoCloseable {
    private static final List<Long> OPEN = List.of(1L, 1L, -1L, -1L);

    private final OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
    private final List<Version> versions;
    private final AtomicInteger leases = new AtomicInteger();
    private volatile Version active;
    private volatile Version challenger;
    private volatile CountDownLatch slow = new CountDownLatch(0);

    private record Version(Digest digest, ModelCard card, InferenceSession session) {}

    GoldenTemplate(Path folder) throws IOException, InferenceException {
        versions =
                List.of(
                        version(folder, "1", GoldenTemplateGraph.registeredAsAWhole()),
                        version(folder, "2", GoldenTemplateGraph.registeredCellByCell()),
                        version(folder, "3", GoldenTemplateGraph.registeredCellByCell(), 1e6));
        active = versions.get(1);
    }

    /** Lets a version run in the shadow; 0 ends that. */
    void challenge(int version) {
        challenger = version == 0 ? null : versions.get(version - 1);
    }

    /** The challenger judges nothing until the latch is open. */
    void holdChallenger(CountDownLatch until) {
        slow = until;
    }

    /** Makes version 1 or 2 decide. */
    void activate(int version) {
        active = versions.get(version - 1);
    }

    /** Leases that are open now. */
    int leases() {
        return leases.get();
    }

    Digest digest(int version) {
        return versions.get(version - 1).digest();
    }

    /** Stops the engine under the sessions. */
    void stopEngine() {
        engine.close();
    }

    @Override
    public ModelLease lease(ModelRef ref) throws ModelException {
        if (!ref.name().equals("golden-template")) {
            throw new ModelException(
                    ModelException.Code.NOT_FOUND,
                    "no model " + ref.name() + " is in the gateway's store");
        }
        boolean shadow = ref.alias().equals(Optional.of(ModelRef.CHALLENGER));
        Version version = shadow ? challenger : active;
        if (version == null) {
            throw new ModelException(ModelException.Code.NOT_FOUND, ref + " is not active here");
        }
        leases.incrementAndGet();
        return new ModelLease() {
            private boolean closed;

            @Override
            public Digest digest() {
                return version.digest();
            }

            @Override
            public ModelCard card() {
                if (shadow) {
                    try {
                        slow.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
                return version.card();
            }

            @Override
            public InferenceSession session() {
                return version.session();
            }

            @Override
            public void close() {
                if (!closed) {
                    closed = true;
                    leases.decrementAndGet();
                }
            }
        };
    }

    @Override
    public List<ModelStatus> status() {
        return List.of();
    }

    @Override
    public void activate(String name, String alias, Digest digest) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Digest rollback(String name, String alias) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        engine.close();
    }

    private Version version(Path folder, String label, ModelProto graph)
            throws IOException, InferenceException {
        return version(folder, label, graph, 170);
    }

    private Version version(Path folder, String label, ModelProto graph, double minArea)
            throws IOException, InferenceException {
        Path file = folder.resolve("golden-template-" + label + ".onnx");
        OnnxFile.write(graph, file);
        ModelCard card =
                new ModelCard(
                        "golden-template",
                        label,
                        ModelCard.Task.TEMPLATE_COMPARISON,
                        List.of("defect"),
                        List.of(
                                new TensorInfo("image", ElementType.UINT8, OPEN),
                                new TensorInfo("template", ElementType.UINT8, OPEN)),
                        List.of(new TensorInfo("score", ElementType.FLOAT, OPEN)),
                        Map.of("threshold", 0.5, "minArea", minArea, "grow", 5.0, "stride", 1.0),
                        "");
        return new Version(
                new Digest("sha256:" + label.repeat(64)),
                card,
                engine.open(file, SessionOptions.SHARED_GATEWAY));
    }
}
