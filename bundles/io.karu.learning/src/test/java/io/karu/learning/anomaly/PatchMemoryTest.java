package io.karu.learning.anomaly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.ModelCard;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.anomaly.MemoryBank.Budget;
import io.karu.learning.anomaly.PatchMemory.Settings;
import io.karu.learning.metric.Auroc;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.OnnxFile;
import io.karu.onnx.Value;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.AnomalyInspector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PatchMemoryTest {
    private static final int SIDE = 96;

    @TempDir private Path temp;

    @Test
    void theGraphScoresAsTheMemoryDoesWhateverItsForm() throws Exception {
        List<GoodPart> good = surfaces(24, 1);
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            for (Budget budget : List.of(Budget.floats(60_000, 1), Budget.codes(60_000, 12, 1))) {
                Settings settings = small(budget, 1);
                PatchMemory memory = PatchMemory.learn(engine, good, settings, done -> {});
                assertTrue(memory.bytes() <= 60_000);
                GoodPart stranger = new GoodPart("steel", "new", surface(99));
                double[] scores = memory.scoresAsNew(engine, List.of(stranger));
                Path file = temp.resolve("memory.onnx");
                OnnxFile.write(memory.toModel("memory"), file);
                try (InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY)) {
                    assertEquals(scores[0], score(session, stranger.image().read()), 1e-4);
                    double weighed =
                            memory.withWhole(0.25).scoresAsNew(engine, List.of(stranger))[0];
                    assertEquals(weighed, inspected(session, stranger.image().read()), 1e-4);
                }
            }
        }
    }

    /** The filter bank twice: kinds that say the same. */
    private static Extractor twice() {
        FilterBank once = new FilterBank();
        return new Extractor() {
            @Override
            public String name() {
                return "twice";
            }

            @Override
            public int stride() {
                return once.stride();
            }

            @Override
            public int channels() {
                return 2 * once.channels();
            }

            @Override
            public List<Kind> kinds() {
                return List.of(once.kinds().get(0), once.kinds().get(0));
            }

            @Override
            public long parameters() {
                return 2 * once.parameters();
            }

            @Override
            public long macs(int width, int height) {
                return 2 * once.macs(width, height);
            }

            @Override
            public Value append(GraphBuilder graph, Value pixels) {
                List<Value> both = List.of(once.append(graph, pixels), once.append(graph, pixels));
                return graph.node("Concat", both, Attribute.integer("axis", 1));
            }
        };
    }

    @Test
    void kindsOfFeaturesAreRememberedApartAndCountTheSame() throws Exception {
        List<GoodPart> good = new ArrayList<>(surfaces(16, 1));
        for (int i = 0; i < 12; i++) {
            good.add(new GoodPart("board", "" + i, board(i)));
        }
        GoodPart stranger = new GoodPart("steel", "new", surface(99));
        int vectors = 300;
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            Settings single = small(Budget.floats(2L * vectors * (24 + 1) * Float.BYTES, 1), 1);
            PatchMemory one = PatchMemory.learn(engine, good, single, done -> {});
            Budget budget = Budget.floats(4L * vectors * (24 + 1) * Float.BYTES, 1);
            Settings settings = small(twice(), budget, 1);
            PatchMemory both = PatchMemory.learn(engine, good, settings, done -> {});
            assertEquals(2 * one.patches(), both.patches());
            double[] scores = both.scoresAsNew(engine, List.of(stranger));
            Path file = temp.resolve("kinds.onnx");
            OnnxFile.write(both.toModel("kinds"), file);
            try (InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY)) {
                assertEquals(scores[0], score(session, stranger.image().read()), 1e-4);
            }
            double alone = one.scoresAsNew(engine, List.of(stranger))[0];
            assertEquals(alone, scores[0], 1e-4, "two kinds that say the same");
        }
    }

    @Test
    void oneGraphTellsItsProductsApartAndScoresEachByItsOwnMemory() throws Exception {
        List<GoodPart> good = new ArrayList<>(surfaces(16, 6));
        for (int i = 0; i < 12; i++) {
            good.add(new GoodPart("board", "" + i, board(i)));
        }
        List<GoodPart> strangers =
                List.of(
                        new GoodPart("steel", "new", surface(99)),
                        new GoodPart("board", "new", board(99)));
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            for (Budget budget : List.of(Budget.floats(60_000, 1), Budget.codes(120_000, 12, 1))) {
                Settings settings = small(budget, 1);
                PatchMemory memory = PatchMemory.learn(engine, good, settings, done -> {});
                double[] scores = memory.scoresAsNew(engine, strangers);
                Path file = temp.resolve("products.onnx");
                OnnxFile.write(memory.toModel("products"), file);
                try (InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY)) {
                    for (int i = 0; i < 2; i++) {
                        GrayImage image = strangers.get(i).image().read();
                        assertEquals(scores[i], score(session, image), 1e-4);
                    }
                }
            }
        }
    }

    @Test
    void aMemoryAsCodesMakesASmallerFile() throws Exception {
        List<GoodPart> good = surfaces(40, 2);
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            long[] sizes = new long[2];
            Budget[] budgets = {Budget.floats(1_000_000, 2), Budget.codes(100_000, 12, 2)};
            for (int i = 0; i < 2; i++) {
                Path file = temp.resolve("memory-" + i + ".onnx");
                PatchMemory memory =
                        PatchMemory.learn(engine, good, small(budgets[i], 2), done -> {});
                OnnxFile.write(memory.toModel("memory"), file);
                sizes[i] = Files.size(file);
            }
            assertTrue(sizes[1] < 0.75 * sizes[0], Arrays.toString(sizes));
        }
    }

    @Test
    void damagedSurfacesScoreHigherThanGoodOnes() throws Exception {
        List<GoodPart> good = surfaces(40, 3);
        SplittableRandom random = new SplittableRandom(4);
        List<GoodPart> asked = new ArrayList<>();
        boolean[] bad = new boolean[40];
        for (int i = 0; i < bad.length; i++) {
            GrayImage image = surface(1000 + i).read();
            bad[i] = i % 2 == 1;
            GrayImage shown = bad[i] ? SyntheticDefect.FRAY.draw(image, random).image() : image;
            asked.add(new GoodPart("steel", "new " + i, () -> shown));
        }
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            PatchMemory memory =
                    PatchMemory.learn(
                            engine, good, small(Budget.floats(200_000, 3), 3), done -> {});
            double auroc = Auroc.of(memory.scoresAsNew(engine, asked), bad);
            assertTrue(auroc >= 0.9, "AUROC " + auroc);
        }
    }

    @Test
    void eachDefectChangesPixelsWhereItsMaskSays() throws Exception {
        SplittableRandom random = new SplittableRandom(5);
        GrayImage image = surface(7).read();
        for (SyntheticDefect defect : SyntheticDefect.values()) {
            SyntheticDefect.Damaged damaged = defect.draw(image, random);
            int marked = 0;
            int changed = 0;
            for (int i = 0; i < SIDE * SIDE; i++) {
                marked += damaged.mask()[i] ? 1 : 0;
                boolean differs = damaged.image().pixels()[i] != image.pixels()[i];
                changed += differs && damaged.mask()[i] ? 1 : 0;
            }
            assertTrue(marked > 5, defect + " marks " + marked);
            assertTrue(changed > 0.5 * marked, defect + " changes " + changed + " of " + marked);
        }
    }

    /** Few components and small windows: learned in a moment. */
    private static Settings small(Budget budget, long seed) {
        return small(new FilterBank(), budget, seed);
    }

    private static Settings small(Extractor extractor, Budget budget, long seed) {
        return new Settings(
                extractor, 12, 4, 24, budget, 20_000, 0, ExposureChange.USUAL, Set.of(), seed);
    }

    private static double score(InferenceSession session, GrayImage image) throws Exception {
        try (Binding binding =
                session.bind(
                        Map.of(PatchMemory.IMAGE, List.of(1L, 1L, (long) SIDE, (long) SIDE)))) {
            image.copyTo(binding.input(PatchMemory.IMAGE).data());
            binding.run();
            return binding.output(PatchMemory.SCORE).data().asFloatBuffer().get(0);
        }
    }

    /** As a station scores a product with a weight of its own. */
    private static double inspected(InferenceSession session, GrayImage image) throws Exception {
        ModelCard card =
                new ModelCard(
                        "memory",
                        "1",
                        ModelCard.Task.ANOMALY,
                        List.of(),
                        session.inputs(),
                        session.outputs(),
                        Map.of("threshold", 0.9, "threshold.steel", 0.1, "whole.steel", 0.25),
                        "");
        try (AnomalyInspector inspector = new AnomalyInspector("steel")) {
            inspector.prepare(card, session, SIDE, SIDE);
            inspector.fill(image);
            inspector.run();
            assertEquals(0.1, inspector.threshold());
            assertTrue(inspector.findings(1).isEmpty());
            assertEquals(inspector.score(), inspector.highestBelow());
            assertEquals(inspector.score(), inspector.findings(0.1).get(0).score());
            return inspector.score();
        }
    }

    private static List<GoodPart> surfaces(int count, long seed) {
        List<GoodPart> good = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            good.add(new GoodPart("steel", "" + i, surface(seed * 10_000 + i)));
        }
        return good;
    }

    /** Light pads on a dark ground. */
    private static GoodPart.Source board(long seed) {
        return () -> {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] pixels = new byte[SIDE * SIDE];
            Arrays.fill(pixels, (byte) 30);
            for (int i = 0; i < 12; i++) {
                int left = random.nextInt(SIDE - 16);
                int top = random.nextInt(SIDE - 16);
                for (int y = top; y < top + 8; y++) {
                    Arrays.fill(pixels, y * SIDE + left, y * SIDE + left + 16, (byte) 200);
                }
            }
            return new GrayImage(SIDE, SIDE, pixels);
        };
    }

    /** A ground surface: vertical streaks under uneven light. */
    private static GoodPart.Source surface(long seed) {
        return () -> {
            SplittableRandom random = new SplittableRandom(seed);
            double[] streaks = new double[SIDE];
            for (int x = 0; x < SIDE; x++) {
                streaks[x] = 12 * random.nextGaussian();
            }
            double phase = random.nextDouble(6);
            byte[] pixels = new byte[SIDE * SIDE];
            for (int i = 0; i < pixels.length; i++) {
                double light = 110 + 25 * Math.sin(phase + i / SIDE / 40.0);
                double value = light + streaks[i % SIDE] + 4 * random.nextGaussian();
                pixels[i] = (byte) Math.max(0, Math.min(255, Math.round(value)));
            }
            return new GrayImage(SIDE, SIDE, pixels);
        };
    }
}
