package io.karu.models;

import io.karu.api.inference.Binding;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelLease;
import io.karu.modelversion.CardFile;
import io.karu.modelversion.GoldenCase;
import io.karu.modelversion.ModelHeader;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.signing.Envelope;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Small models that multiply by their version's number. */
final class Scaling {
    static final String NAME = "scaling";

    private static final List<Long> OPEN = List.of(1L, -1L);
    private static final List<Long> TWO = List.of(1L, 2L);

    private Scaling() {}

    /** A sound version. */
    static ModelVersionFolder version(Path folder, int factor) throws Exception {
        return version(folder, factor, factor, "x");
    }

    /**
     * @param recorded the factor that the golden case claims
     * @param input the input's name in the card; the graph's is {@code x}
     */
    static ModelVersionFolder version(Path folder, int factor, float recorded, String input)
            throws Exception {
        ModelCard card =
                new ModelCard(
                        NAME,
                        Integer.toString(factor),
                        ModelCard.Task.ANOMALY,
                        List.of(),
                        List.of(new TensorInfo(input, ElementType.FLOAT, OPEN)),
                        List.of(new TensorInfo("y", ElementType.FLOAT, OPEN)),
                        Map.of("factor", (double) factor),
                        "multiplies by " + factor);
        GoldenCase golden = new GoldenCase(1, 1e-6, Map.of(input, TWO, "y", TWO));
        return ModelVersionFolder.create(
                folder,
                graph(factor),
                new CardFile(card, List.of(golden)),
                Map.of(
                        golden.inputPath(input),
                        floats(1, 2),
                        golden.outputPath("y"),
                        floats(recorded, 2 * recorded)));
    }

    static byte[] graph(float factor) {
        GraphBuilder graph = new GraphBuilder(NAME);
        Value x = graph.input("x", DataType.FLOAT, 1, "width");
        graph.output("y", graph.node("Mul", x, graph.scalar(factor)), DataType.FLOAT, 1, "width");
        return graph.build().toByteArray();
    }

    static byte[] floats(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return buffer.array();
    }

    static ModelHeader header(ModelVersionFolder version) {
        return new ModelHeader(version.card().name(), version.card().version(), version.digest());
    }

    /** What a bundle with this version would give. */
    static ModelSource source(ModelVersionFolder version) {
        return source(version, Optional.empty());
    }

    private static ModelSource source(ModelVersionFolder version, Optional<Envelope> release) {
        return new ModelSource() {
            @Override
            public Optional<byte[]> release() {
                return release.map(Envelope::toBytes);
            }

            @Override
            public List<String> paths() {
                return List.copyOf(version.files().keySet());
            }

            @Override
            public InputStream open(String path) throws IOException {
                return Files.newInputStream(version.root().resolve(path));
            }

            @Override
            public boolean changed() {
                return false;
            }

            @Override
            public boolean obsolete() {
                return false;
            }
        };
    }

    static void offer(ModelCatalog catalog, ModelVersionFolder version) {
        catalog.offer("bundle-" + version.card().version(), header(version), source(version));
    }

    /** Offers the version in a bundle that carries a release. */
    static void offer(ModelCatalog catalog, ModelVersionFolder version, Envelope release) {
        catalog.offer(
                "bundle-" + version.card().version(),
                header(version),
                source(version, Optional.of(release)));
    }

    /** The factor by which the leased model multiplies. */
    static float run(ModelLease lease) throws Exception {
        try (Binding binding = lease.session().bind(Map.of("x", List.of(1L, 1L)))) {
            binding.input("x").data().putFloat(0, 1);
            binding.run();
            return binding.output("y").data().getFloat(0);
        }
    }
}
