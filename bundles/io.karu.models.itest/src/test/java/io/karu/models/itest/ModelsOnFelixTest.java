package io.karu.models.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inference.Binding;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.Models;
import io.karu.models.format.CardFile;
import io.karu.models.format.GoldenCase;
import io.karu.models.format.ModelBundleWriter;
import io.karu.models.format.ModelVersionFolder;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

class ModelsOnFelixTest {
    @TempDir Path temp;

    /** y = factor · x. */
    private ModelVersionFolder scaling(float factor) throws Exception {
        GraphBuilder graph = new GraphBuilder("scaling");
        Value x = graph.input("x", DataType.FLOAT, 1, "width");
        graph.output("y", graph.node("Mul", x, graph.scalar(factor)), DataType.FLOAT, 1, "width");
        List<Long> open = List.of(1L, -1L);
        List<Long> two = List.of(1L, 2L);
        ModelCard card =
                new ModelCard(
                        "scaling",
                        "x" + factor,
                        ModelCard.Task.ANOMALY,
                        List.of(),
                        List.of(new TensorInfo("x", ElementType.FLOAT, open)),
                        List.of(new TensorInfo("y", ElementType.FLOAT, open)),
                        Map.of(),
                        "multiplies");
        return ModelVersionFolder.create(
                Files.createTempDirectory(temp, "version"),
                graph.build().toByteArray(),
                new CardFile(card, List.of(new GoldenCase(1, 1e-6, Map.of("x", two, "y", two)))),
                Map.of(
                        "golden/case-1.in.x.bin", floats(1, 2),
                        "golden/case-1.out.y.bin", floats(factor, 2 * factor)));
    }

    private static byte[] floats(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return buffer.array();
    }

    @Test
    void aModelBundleIsLeasedAndRunOnTheRealEngine() throws Exception {
        Path data = Files.createDirectories(temp.resolve("kura/data"));
        try (Felix felix = new Felix(temp, data)) {
            Bundle wrong = felix.install("io.karu.natives.onnxruntime." + foreign());
            felix.start("io.karu.models");
            Models models = felix.service(Models.class);
            ModelVersionFolder version = scaling(3);
            felix.context()
                    .installBundle(
                            "model", new ByteArrayInputStream(ModelBundleWriter.write(version, 0)));
            ModelStatus waiting =
                    Felix.await(
                            "the model in the store",
                            () -> models.status().isEmpty() ? null : models.status().get(0));
            assertEquals(ModelStatus.State.STORED, waiting.state());
            felix.start("io.karu.natives.onnxruntime." + own());
            felix.start("io.karu.engine.onnx");
            ModelRef ref = ModelRef.parse("scaling");
            try (ModelLease lease = Felix.await("a lease", () -> models.lease(ref));
                    Binding binding = lease.session().bind(Map.of("x", List.of(1L, 1L)))) {
                assertEquals(version.digest(), lease.digest());
                binding.input("x").data().putFloat(0, 5);
                binding.run();
                assertEquals(15, binding.output("y").data().getFloat(0));
            }
            assertEquals(Bundle.INSTALLED, wrong.getState());
            List<Path> mapped = mappedLibraries();
            assertEquals(2, mapped.size(), mapped::toString);
            mapped.forEach(library -> assertTrue(library.startsWith(data), library::toString));
        }
    }

    /** Paths of the native libraries that this process has mapped. */
    private static List<Path> mappedLibraries() throws Exception {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.contains("libonnxruntime"))
                    .map(line -> Path.of(line.substring(line.indexOf('/'))))
                    .distinct()
                    .toList();
        }
    }

    private static String own() {
        return System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64";
    }

    private static String foreign() {
        return own().equals("aarch64") ? "x86_64" : "aarch64";
    }
}
