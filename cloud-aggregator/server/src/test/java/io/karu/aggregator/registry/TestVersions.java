package io.karu.aggregator.registry;

import io.karu.aggregator.blob.ContentFolder;
import io.karu.aggregator.deployment.FilePackageRepository;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.security.ModelSigning;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Json;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.api.model.Preprocessing;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Small versions that really classify, as training and compression would make them. */
public final class TestVersions implements AutoCloseable {
    /** Of the samples that the versions say they learned from. */
    public static final String DATA = "sha256:" + "d".repeat(64);

    private final Path folder;
    private final OnnxEngine engine = new OnnxEngine();

    public TestVersions(Path folder) {
        this.folder = folder;
    }

    /**
     * A version of a classifier of 2 × 2 pixels.
     *
     * @param recall its measured macro recall
     * @param parent the version that it was compressed from
     */
    public ModelVersionFolder write(
            String name, String label, double recall, Optional<Digest> parent) throws Exception {
        Provenance.Builder lineage =
                Provenance.here(7)
                        .data(
                                new Provenance.DataUse(
                                        "solder",
                                        "split.txt",
                                        parent.isPresent() ? "calibration" : "training",
                                        new Digest(DATA),
                                        120))
                        .configuration("epochs", parent.isPresent() ? "1" : "12");
        parent.ifPresent(
                digest -> lineage.parent(digest).step("quantize", Map.of("scheme", "min-max")));
        return new TrainedModel(card(name, label), graph(0.5f + (float) recall / 10))
                .golden(new byte[] {1, 2, 3, 4})
                .metric(
                        Metric.of("macro recall", recall, "solder", "split.txt test")
                                .within(recall - 0.02, recall + 0.02)
                                .over(60))
                .provenance(lineage.build())
                .write(engine, folder.resolve(name + "-" + label));
    }

    private static ModelCard card(String name, String label) {
        return new ModelCard(
                name,
                label,
                ModelCard.Task.CLASSIFICATION,
                List.of("good", "bad"),
                List.of(new TensorInfo("image", ElementType.UINT8, List.of(1L, 1L, 2L, 2L))),
                List.of(new TensorInfo("probability", ElementType.FLOAT, List.of(1L, 2L))),
                Preprocessing.AS_IS,
                Map.of("threshold", 0.5, "accept.good", 1.0),
                "two by two pixels");
    }

    private static byte[] graph(float weight) {
        GraphBuilder graph = new GraphBuilder("tiny");
        Value image = graph.input("image", DataType.UINT8, 1, 1, 2, 2);
        Value pixels = graph.node("Cast", List.of(image), Attribute.integer("to", 1));
        Value flat = graph.node("Reshape", pixels, graph.vector(1, 4));
        Value weights = graph.constant(new float[] {weight, 0, 0, 1, weight, 0, 0, 1}, 4, 2);
        Value logits = graph.node("MatMul", flat, weights);
        graph.output(
                "probability",
                graph.node("Softmax", List.of(logits), Attribute.integer("axis", -1)),
                DataType.FLOAT,
                1,
                2);
        return graph.build().toByteArray();
    }

    /** What the check finds out of these versions; {@code EngineCheckTest} holds it to that. */
    static final String FACTS =
            """
            {"opset":17,"operators":{"Cast":1,"Identity":1,"MatMul":1,"Reshape":1,"Softmax":1},"parameters":8,"macs":8,
             "engine":{"name":"onnxruntime","version":"1.29.0"}}""";

    /** A registry without a fleet, and without a child for each upload. */
    public static Registry registry(Path folder, Database database, EventBus events)
            throws IOException {
        FilePackageRepository packages =
                new FilePackageRepository(folder.resolve("packages"), database, id -> null);
        ModelSigning signing = ModelSigning.open(folder.resolve("keys"));
        DatabaseModelRegistry versions =
                new DatabaseModelRegistry(
                        folder.resolve("unpacking"),
                        database,
                        packages,
                        null,
                        new ModelPackager(signing, Optional.empty()),
                        version -> Json.tree(FACTS),
                        events);
        ModelAliases aliases = new DatabaseModelAliases(database, versions, events);
        ModelReports reports =
                new DatabaseModelReports(new ContentFolder(folder.resolve("reports")), database);
        VersionContent files = new VersionContent(packages);
        return new Registry(
                versions,
                new DatabaseRegisteredModels(database, events),
                aliases,
                reports,
                files,
                new Uploads(folder.resolve("uploads")),
                new Lineage(versions, aliases, reports, new ModelUses(database, events)),
                new VersionComparison(versions, reports),
                new MlBom(versions, reports, files, "test"),
                signing);
    }

    @Override
    public void close() throws Exception {
        engine.close();
    }
}
