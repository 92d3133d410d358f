package io.karu.aggregator.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.store.Json;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.onnx.proto.GraphProto;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.NodeProto;
import io.karu.worker.WorkerContext;
import io.karu.worker.WorkerTask;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineCheckTest {
    @TempDir Path folder;
    private TestVersions made;
    private ModelVersionFolder version;
    private EngineCheck check;

    @BeforeEach
    void write() throws Exception {
        made = new TestVersions(folder);
        version = made.write("tiny", "1", 0.9, Optional.empty());
        check = new EngineCheck(folder.resolve("checking"));
    }

    @AfterEach
    void close() throws Exception {
        made.close();
    }

    @Test
    void whatProvesItselfIsDescribed() throws Exception {
        JsonNode facts = check.check(version);
        JsonNode expected = Json.tree(TestVersions.FACTS);
        expected.fieldNames()
                .forEachRemaining(
                        fact -> assertEquals(expected.path(fact), facts.path(fact), fact));
        try (Stream<Path> left = Files.list(folder.resolve("checking"))) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void aHostileFileIsRefusedWithTheReasonThatItsAuthorNeeds() throws Exception {
        Files.write(version.graph(), new byte[] {1, 2, 3});
        assertTrue(refusal().startsWith("model.onnx: "), refusal());
        Files.write(
                version.graph(),
                altered(
                        graph ->
                                graph.addNode(
                                        NodeProto.newBuilder()
                                                .setOpType("Exfiltrate")
                                                .setName("spy")
                                                .addInput("image")
                                                .addOutput("gone"))));
        assertTrue(refusal().contains("spy (Exfiltrate)"), refusal());
        Files.write(
                version.graph(),
                altered(
                        graph -> {
                            graph.getInputBuilder(0)
                                    .getTypeBuilder()
                                    .getTensorTypeBuilder()
                                    .getShapeBuilder()
                                    .getDimBuilder(3)
                                    .setDimValue(1L << 40);
                            return graph;
                        }));
        assertTrue(refusal().startsWith("model.onnx: "), refusal());
    }

    @Test
    void aCardThatContradictsItsGraphIsRefused() throws Exception {
        Files.write(
                version.graph(),
                altered(
                        graph -> {
                            graph.getOutputBuilder(0).setName("p");
                            graph.getNodeBuilder(graph.getNodeCount() - 1).setOutput(0, "p");
                            return graph;
                        }));
        assertEquals("card and graph differ: output probability is not in the graph", refusal());
    }

    @Test
    void recordedOutputsThatTheEngineDoesNotGiveAreRefused() throws Exception {
        Path output = version.root().resolve("golden/case-1.out.probability.bin");
        byte[] recorded = Files.readAllBytes(output);
        recorded[3] = 0x3f;
        recorded[2] = (byte) 0x80;
        Files.write(output, recorded);
        assertTrue(refusal().startsWith("golden case 1: output probability element 0"), refusal());
    }

    @Test
    void aGraphThatBringsTheEngineDownIsRefusedAndTheAggregatorLives() throws Exception {
        check = new EngineCheck(folder.resolve("checking"), Crash.class);
        assertEquals(
                "model.onnx: the engine crashed on it (status 134), so no gateway may run it",
                refusal());
    }

    /** Ends as a JVM does whose native library has failed. */
    public static final class Crash implements WorkerTask {
        @Override
        public void run(WorkerContext context) {
            Runtime.getRuntime().halt(134);
        }
    }

    private byte[] altered(UnaryOperator<GraphProto.Builder> change) throws Exception {
        ModelVersionFolder fresh = made.write("tiny", "fresh", 0.9, Optional.empty());
        ModelProto.Builder model =
                ModelProto.parseFrom(Files.readAllBytes(fresh.graph())).toBuilder();
        change.apply(model.getGraphBuilder());
        return model.build().toByteArray();
    }

    private String refusal() {
        AggregatorException refused =
                assertThrows(AggregatorException.class, () -> check.check(version));
        assertEquals(Code.MODEL_INVALID, refused.code());
        return refused.getMessage();
    }
}
