package io.karu.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ValidationTest {
    @TempDir Path directory;

    @ParameterizedTest
    @MethodSource({"io.karu.onnx.FoldingTest#operators", "io.karu.onnx.ShapesTest#networks"})
    void whatOnnxRuntimeRunsIsValid(Sample sample) {
        assertDoesNotThrow(() -> Validation.validate(sample.graph()));
    }

    @Test
    void hostileFilesAreRefusedInASmallHeap() throws Exception {
        Map<String, Code> expected = new Hostile(directory).write();
        Map<String, String> wanted = new TreeMap<>();
        expected.forEach((file, code) -> wanted.put(file, code.name()));
        Process reader =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx48m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Hostile.class.getName(),
                                directory.toString())
                        .redirectErrorStream(true)
                        .start();
        String output = new String(reader.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, reader.waitFor(), output);
        Map<String, String> actual = new TreeMap<>();
        output.lines()
                .filter(line -> line.contains(".onnx "))
                .forEach(line -> actual.put(line.split(" ", 2)[0], line.split(" ", 2)[1]));
        assertEquals(wanted, actual);
    }

    @Test
    void damagedFilesAreReadOrRefusedButNothingElse() throws IOException {
        byte[] whole = Hostile.plain().toByteArray();
        Random random = new Random(11);
        Path file = directory.resolve("damaged.onnx");
        for (int i = 0; i < 1500; i++) {
            byte[] damaged = whole.clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, damaged);
            String outcome = Hostile.outcome(file);
            assertFalse(outcome.startsWith("thrown"), i + ": " + outcome);
        }
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            String outcome = Hostile.outcome(file);
            assertFalse(outcome.startsWith("thrown"), length + ": " + outcome);
            assertFalse(outcome.equals("READ"), "cut to " + length);
        }
    }

    @Test
    void refusalsNameNodeTensorAndReason() {
        GraphBuilder builder = new GraphBuilder("g");
        Value image = builder.input("image", DataType.FLOAT, 1, 3, 8, 8);
        Value weight = builder.constant("stem.weight", new float[4 * 2 * 9], 4, 2, 3, 3);
        Value conv = builder.named("stem", "Conv", List.of(image, weight));
        builder.output("out", conv, DataType.FLOAT, 1, 4, 6, 6);
        OnnxException refused =
                assertThrows(OnnxException.class, () -> Validation.validate(builder.graph()));
        assertEquals(Code.SHAPE, refused.code());
        assertEquals("stem (Conv)", refused.node());
        assertEquals(
                "node stem (Conv): has 3 channels, its weight [4, 2, 3, 3] in 1 groups wants 2",
                refused.getMessage());
    }

    @Test
    void dataInFilesOfTheFolderAreRead() throws IOException {
        float[] values = {1, 2, 3, 4};
        ByteBuffer data = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN).position(8);
        for (float value : values) {
            data.putFloat(value);
        }
        Files.createDirectories(directory.resolve("data"));
        Files.write(directory.resolve("data/weights.bin"), data.array());
        ModelProto.Builder model = Hostile.plain().toBuilder();
        model.getGraphBuilder()
                .getInitializerBuilder(0)
                .clearRawData()
                .mergeFrom(
                        Hostile.elsewhere(Map.of("location", "data/weights.bin", "offset", "8")));
        Path file = directory.resolve("model.onnx");
        OnnxFile.write(model.build(), file);
        Graph graph = Graph.read(file);
        assertArrayEquals(values, graph.constant("weight").orElseThrow().floats());
        Path whole = directory.resolve("whole.onnx");
        graph.write(whole);
        Files.delete(directory.resolve("data/weights.bin"));
        assertEquals(graph.constants(), Graph.read(whole).constants());
    }

    @Test
    void aModelReachedThroughALinkReadsDataBesideItsFile() throws IOException {
        Files.createDirectories(directory.resolve("real"));
        Files.write(directory.resolve("real/weights.bin"), new byte[16]);
        ModelProto.Builder model = Hostile.plain().toBuilder();
        model.getGraphBuilder()
                .getInitializerBuilder(0)
                .clearRawData()
                .mergeFrom(Hostile.elsewhere(Map.of()));
        OnnxFile.write(model.build(), directory.resolve("real/model.onnx"));
        Files.createSymbolicLink(
                directory.resolve("model.onnx"), directory.resolve("real/model.onnx"));
        assertTrue(Graph.read(directory.resolve("model.onnx")).constant("weight").isPresent());
    }

    @Test
    void limitsAreKept() throws IOException {
        Path file = directory.resolve("model.onnx");
        OnnxFile.write(Hostile.plain(), file);
        for (Limits limits :
                new Limits[] {
                    new Limits(10, 1 << 20, 1 << 20),
                    new Limits(1 << 20, 100, 1 << 20),
                    new Limits(1 << 20, 1 << 20, 8)
                }) {
            OnnxException refused =
                    assertThrows(OnnxException.class, () -> Graph.read(file, limits));
            assertEquals(Code.TOO_LARGE, refused.code());
        }
    }
}
