package io.karu.goldentemplate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.vision.Box;
import io.karu.vision.DeepPcb;
import io.karu.vision.DetectionScore;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardGenerator;
import io.karu.vision.inspect.TemplateInspector;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoldenTemplateModelsTest {
    @TempDir static Path directory;
    private static OnnxEngine engine;
    private static List<ModelVersionFolder> versions;

    @BeforeAll
    static void write() throws Exception {
        engine = new OnnxEngine(OrtEnvironment.getEnvironment());
        versions = GoldenTemplateModels.write(engine, directory.resolve("first"));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @Test
    void theSameBytesAreWrittenEachTime() throws Exception {
        List<ModelVersionFolder> again =
                GoldenTemplateModels.write(engine, directory.resolve("second"));
        for (int i = 0; i < 2; i++) {
            assertEquals(versions.get(i).digest(), again.get(i).digest());
            assertArrayEquals(
                    Files.readAllBytes(versions.get(i).graph()),
                    Files.readAllBytes(again.get(i).graph()));
        }
        assertNotEquals(versions.get(0).digest(), versions.get(1).digest());
    }

    @Test
    void goldenCasesHoldADefect() throws Exception {
        for (ModelVersionFolder version : versions) {
            ByteBuffer score =
                    ByteBuffer.wrap(
                                    Files.readAllBytes(
                                            version.root().resolve("golden/case-1.out.score.bin")))
                            .order(java.nio.ByteOrder.LITTLE_ENDIAN);
            float highest = 0;
            while (score.hasRemaining()) {
                highest = Math.max(highest, score.getFloat());
            }
            assertTrue(highest >= 0.5f, version.card().version() + ": " + highest);
        }
    }

    @Test
    void generatedDefectsAreFoundAndGoodBoardsAreClean() throws Exception {
        BoardGenerator generator = new BoardGenerator(99, 0.7);
        for (ModelVersionFolder version : versions) {
            DetectionScore sum = DetectionScore.NONE;
            try (InferenceSession session =
                            engine.open(version.graph(), SessionOptions.SHARED_GATEWAY);
                    TemplateInspector inspector = new TemplateInspector()) {
                for (int i = 0; i < 20; i++) {
                    Board board = generator.board(i * 17L);
                    sum =
                            sum.plus(
                                    score(
                                            find(
                                                    version,
                                                    session,
                                                    inspector,
                                                    board.test(),
                                                    board.template()),
                                            board.defects()));
                }
            }
            assertTrue(
                    sum.f() > 0.97,
                    "version " + version.card().version() + ": " + sum + ", F " + sum.f());
        }
    }

    @Test
    void everyFourthPairOfDeepPcbsTestIsJudgedWell() throws Exception {
        Path data = deepPcb();
        assertTrue(deepPcbF(data, versions.get(1)) >= 0.88, "version 2");
        assertTrue(deepPcbF(data, versions.get(0)) >= 0.75, "version 1");
    }

    @Test
    void anImageThatIsNoMultipleOfACellIsInspectedToItsEdges() throws Exception {
        byte[] white = new byte[77 * 53];
        java.util.Arrays.fill(white, (byte) 255);
        byte[] spot = white.clone();
        for (int y = 42; y < 50; y++) {
            for (int x = 66; x < 74; x++) {
                spot[y * 77 + x] = 0;
            }
        }
        ModelVersionFolder version = versions.get(1);
        try (InferenceSession session =
                        engine.open(version.graph(), SessionOptions.SHARED_GATEWAY);
                TemplateInspector inspector = new TemplateInspector()) {
            List<Box> found =
                    find(
                            version,
                            session,
                            inspector,
                            new GrayImage(77, 53, spot),
                            new GrayImage(77, 53, white));
            assertEquals(1, found.size());
            assertTrue(
                    found.get(0).iou(new Box(66, 42, 8, 8).grown(10, 77, 53)) > 0.9,
                    found.toString());
        }
    }

    private static double deepPcbF(Path data, ModelVersionFolder version) throws Exception {
        List<DeepPcb.Pair> pairs = DeepPcb.list(data, "test.txt");
        DetectionScore sum = DetectionScore.NONE;
        GrayImage image = new GrayImage();
        GrayImage template = new GrayImage();
        try (InferenceSession session =
                        engine.open(version.graph(), SessionOptions.SHARED_GATEWAY);
                TemplateInspector inspector = new TemplateInspector();
                GrayDecoder decoder = new GrayDecoder()) {
            for (int i = 0; i < pairs.size(); i += 4) {
                decoder.decode(ByteBuffer.wrap(Files.readAllBytes(pairs.get(i).test())), image);
                decoder.decode(
                        ByteBuffer.wrap(Files.readAllBytes(pairs.get(i).template())), template);
                sum =
                        sum.plus(
                                score(
                                        find(version, session, inspector, image, template),
                                        pairs.get(i).defects()));
            }
        }
        return sum.f();
    }

    private static List<Box> find(
            ModelVersionFolder version,
            InferenceSession session,
            TemplateInspector inspector,
            GrayImage image,
            GrayImage template)
            throws Exception {
        inspector.prepare(version.card(), session, image.width(), image.height());
        inspector.fill(image, template);
        inspector.run();
        return inspector.findings(inspector.threshold()).stream()
                .map(f -> new Box(f.x(), f.y(), f.width(), f.height()))
                .toList();
    }

    private static DetectionScore score(List<Box> found, List<DeepPcb.Defect> defects) {
        return DetectionScore.of(
                found,
                defects.stream().map(DeepPcb.Defect::box).toList(),
                DetectionScore.DEEP_PCB_IOU);
    }

    /** DeepPCB beside the repository; skipped with the reason when it is not there. */
    private static Path deepPcb() {
        Path root = Path.of("").toAbsolutePath();
        while (root != null && !Files.exists(root.resolve("karu"))) {
            root = root.getParent();
        }
        Path data = root == null ? null : root.resolveSibling("shared/data/deeppcb/PCBData");
        assumeTrue(
                data != null && Files.isDirectory(data),
                "DeepPCB is not at ../shared/data/deeppcb beside the repository");
        return data;
    }
}
