package io.karu.station;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.Models;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.onnx.OnnxFile;
import io.karu.onnx.proto.ModelProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Models of any task on the real engine; every reference gives the one that decides now. */
final class SwitchableModels implements Models, AutoCloseable {
    private final OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
    private final Map<String, Version> versions = new LinkedHashMap<>();
    private volatile Version active;

    private record Version(Digest digest, ModelCard card, InferenceSession session)
            implements ModelLease {
        @Override
        public void close() {}
    }

    /** Adds a model; the first decides. */
    void add(Path folder, ModelCard card, ModelProto graph) throws IOException, InferenceException {
        Path file = folder.resolve(card.name() + ".onnx");
        OnnxFile.write(graph, file);
        String digit = Integer.toHexString(versions.size() + 1);
        Version version =
                new Version(
                        new Digest("sha256:" + digit.repeat(64)),
                        card,
                        engine.open(file, SessionOptions.SHARED_GATEWAY));
        versions.put(card.name(), version);
        active = active == null ? version : active;
    }

    void activate(String name) {
        active = versions.get(name);
    }

    @Override
    public ModelLease lease(ModelRef ref) {
        return active;
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
}
