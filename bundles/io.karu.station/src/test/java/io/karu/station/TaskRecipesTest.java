package io.karu.station;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.FrameView;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.StationStatus.State;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.ModelCard;
import io.karu.api.model.Preprocessing;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.vision.model.GoldenTemplateGraph;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a station decides with models of other tasks than comparison with a template. */
class TaskRecipesTest {
    private static final List<String> COLOURS = List.of("red", "green", "blue");

    @TempDir Path directory;
    private Path folder;
    private final SwitchableModels models = new SwitchableModels();
    private final MemoryJournal journal = new MemoryJournal();
    private final InspectionStation station = new InspectionStation(new StationId("line-1"));

    @BeforeEach
    void prepare() throws Exception {
        folder = Files.createDirectories(directory.resolve("frames"));
        models.add(directory, colours(), colourGraph());
    }

    @AfterEach
    void stop() {
        station.close();
        models.close();
    }

    @Test
    void aClassThatIsNotAcceptedRejectsThePart() throws IOException {
        put("a.png", Color.RED, 40, 30);
        put("b.png", Color.GREEN, 17, 61);
        run(Map.of());
        List<Verdict> verdicts = awaitVerdicts(2);
        Verdict red = verdicts.get(0);
        assertEquals(Decision.REJECT, red.decision(), red.reason());
        assertEquals("red", red.findings().get(0).label());
        assertEquals(40, red.findings().get(0).width());
        assertEquals(30, red.findings().get(0).height());
        assertTrue(red.score() > 0.99, red.toString());
        Verdict green = verdicts.get(1);
        assertEquals(Decision.ACCEPT, green.decision(), green.reason());
        assertTrue(green.score() < 0.01, green.toString());
    }

    @Test
    void theRecipeMayNameTheClassesThatReject() throws IOException {
        put("a.png", Color.RED, 8, 8);
        put("b.png", Color.BLUE, 8, 8);
        run(Map.of("reject.labels", " blue "));
        List<Verdict> verdicts = awaitVerdicts(2);
        assertEquals(Decision.ACCEPT, verdicts.get(0).decision());
        assertEquals(Decision.REJECT, verdicts.get(1).decision());
    }

    @Test
    void aClassThatTheModelDoesNotKnowIsNamed() throws IOException {
        put("a.png", Color.RED, 8, 8);
        run(Map.of("reject.labels", "purple"));
        Await.until(
                () -> station.status().toString(),
                () ->
                        station.status().state() == State.WAITING
                                && station.status().reason().orElse("").contains("purple")
                                && station.status().reason().orElse("").contains("red, green"));
        assertTrue(Files.exists(folder.resolve("a.png")));
    }

    @ParameterizedTest
    @CsvSource({"strict,REJECT", "lenient,ACCEPT", "'',REJECT"})
    void eachProductHasItsThreshold(String product, Decision decision) throws IOException {
        put("a.png", new Color(140, 128, 100), 8, 8);
        run(Map.of("product", product));
        assertEquals(decision, awaitVerdicts(1).get(0).decision());
    }

    @Test
    void aProductWithoutThresholdIsNamed() throws IOException {
        put("a.png", Color.RED, 8, 8);
        run(Map.of("product", "unknown"));
        Await.until(
                () -> station.status().toString(),
                () -> station.status().reason().orElse("").contains("threshold.unknown"));
    }

    @Test
    void aModelWithoutMapHasNoHeatMap() throws IOException {
        AtomicReference<FrameView> seen = new AtomicReference<>();
        station.addListener((verdict, frame) -> seen.set(frame));
        put("a.png", Color.RED, 8, 8);
        run(Map.of());
        awaitVerdicts(1);
        Await.until("a listener's call", () -> seen.get() != null);
        assertFalse(seen.get().heatMap().isPresent());
    }

    @Test
    void theNextFrameMayBelongToAModelOfAnotherTask() throws Exception {
        models.add(directory, comparison(), GoldenTemplateGraph.registeredAsAWhole());
        Path template = directory.resolve("template.png");
        Files.write(template, png(Color.BLACK, 64, 64));
        put("a_test.png", Color.GREEN, 64, 64);
        run(Map.of("source.template", "file", "source.template.path", template.toString()));
        assertEquals("colours 1", awaitVerdicts(1).get(0).modelName());
        models.activate("comparison");
        put("b_test.png", Color.BLACK, 64, 64);
        Verdict compared = awaitVerdicts(2).get(1);
        assertEquals("comparison 1", compared.modelName());
        assertEquals(Decision.ACCEPT, compared.decision(), compared.reason());
        models.activate("colours");
        put("c_test.png", Color.RED, 64, 64);
        assertEquals(Decision.REJECT, awaitVerdicts(3).get(2).decision());
    }

    /** Softmax over the mean of each channel. */
    private static ModelProto colourGraph() {
        GraphBuilder graph = new GraphBuilder("colours");
        Value image = graph.input("image", DataType.UINT8, 1, 3, 8, 8);
        Value numbers =
                graph.node(
                        "Cast",
                        List.of(image),
                        Attribute.integer("to", DataType.FLOAT.getNumber()));
        Value means = graph.node("Flatten", graph.node("GlobalAveragePool", numbers));
        Value scores = graph.node("Mul", means, graph.scalar(0.05f));
        graph.output("probability", graph.node("Softmax", scores), DataType.FLOAT, 1, 3);
        return graph.build();
    }

    private static ModelCard colours() {
        return new ModelCard(
                "colours",
                "1",
                ModelCard.Task.CLASSIFICATION,
                COLOURS,
                List.of(new TensorInfo("image", ElementType.UINT8, List.of(1L, 3L, 8L, 8L))),
                List.of(new TensorInfo("probability", ElementType.FLOAT, List.of(1L, 3L))),
                new Preprocessing(
                        Preprocessing.Color.RGB,
                        Preprocessing.Scaling.AREA,
                        Preprocessing.Fit.STRETCH,
                        0),
                Map.of(
                        "threshold", 0.5,
                        "threshold.strict", 0.3,
                        "threshold.lenient", 0.95,
                        "accept.green", 1.0),
                "");
    }

    private static ModelCard comparison() {
        List<Long> open = List.of(1L, 1L, -1L, -1L);
        return new ModelCard(
                "comparison",
                "1",
                ModelCard.Task.TEMPLATE_COMPARISON,
                List.of("defect"),
                List.of(
                        new TensorInfo("image", ElementType.UINT8, open),
                        new TensorInfo("template", ElementType.UINT8, open)),
                List.of(new TensorInfo("score", ElementType.FLOAT, open)),
                Map.of("threshold", 0.5, "minArea", 170.0, "grow", 5.0, "stride", 1.0),
                "");
    }

    private void run(Map<String, ?> changes) {
        assertTrue(station.configure(recipe(changes)), () -> station.status().toString());
        station.setModels(models);
        station.setJournal(journal);
    }

    private Map<String, Object> recipe(Map<String, ?> changes) {
        Map<String, Object> recipe =
                new HashMap<>(
                        Map.of(
                                "source", "folder",
                                "source.folder", folder.toString(),
                                "source.template", "none",
                                "model", "colours"));
        recipe.putAll(changes);
        return recipe;
    }

    private void put(String name, Color color, int width, int height) throws IOException {
        Path partial = directory.resolve(name);
        Files.write(partial, png(color, width, height));
        Files.move(partial, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private static byte[] png(Color color, int width, int height) throws IOException {
        BufferedImage drawn = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        Graphics2D graphics = drawn.createGraphics();
        graphics.setColor(color);
        graphics.fillRect(0, 0, width, height);
        graphics.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(drawn, "png", bytes);
        return bytes.toByteArray();
    }

    private List<Verdict> awaitVerdicts(int count) {
        Await.until(
                () -> count + " verdicts, " + journal.verdicts().size() + "; " + station.status(),
                () -> journal.verdicts().size() >= count);
        return journal.verdicts();
    }
}
