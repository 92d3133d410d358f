package io.karu.training.compression;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.model.Preprocessing;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.compression.Calibrator;
import io.karu.compression.ModelSize;
import io.karu.compression.OpenGraph;
import io.karu.compression.PairedBootstrap;
import io.karu.compression.PostTrainingQuantization;
import io.karu.compression.Processor;
import io.karu.compression.QuantizationScheme;
import io.karu.compression.Samples;
import io.karu.compression.Timing;
import io.karu.compression.Variant;
import io.karu.learning.metric.Interval;
import io.karu.onnx.Folding;
import io.karu.onnx.Graph;
import io.karu.onnx.zoo.MobileNetV2;
import io.karu.onnx.zoo.ResNet;
import io.karu.vision.RgbDecoder;
import io.karu.vision.RgbImage;
import io.karu.vision.inspect.PairInspector;
import io.karu.vision.inspect.Preprocessor;
import io.karu.vision.pair.PairCrops;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import javax.imageio.ImageIO;

/** How fast int8 is: every network in both precisions by turns, beside the best int8 kernel. */
final class SpeedStudy {
    private static final int SIDE = 256;
    private static final int CELLS = 64;
    private static final String BOARD = "board-detector, the net we ship";
    private static final long CROPS = 16;
    private static final long CROP_SIDE = 48;

    private final InferenceEngine engine;
    private final int rounds;
    private final long seed;
    private final boolean applies = Processor.here().hasVnni();
    private final List<OpenGraph> open = new ArrayList<>();
    private final Map<String, Timing.Run> runs = new LinkedHashMap<>();

    SpeedStudy(InferenceEngine engine, int rounds, long seed) {
        this.engine = engine;
        this.rounds = rounds;
        this.seed = seed;
    }

    /** The learned model that comes with Karu; absent where only the jars are. */
    private static Optional<Path> shipped() {
        Path graph = Int8Bench.root().resolve(Int8Bench.SHIPPED).resolve("model.onnx");
        return Optional.of(graph).filter(Files::isRegularFile);
    }

    private record Pair(Graph floating, Graph bytes, Samples samples) {}

    void measure(BenchReport report) throws InferenceException, IOException {
        if (!applies) {
            report.note(
                    "int8 speed bars are not applicable: this processor has "
                            + Processor.here().abilities());
        }
        Pair resnet = pair(ResNet.eighteen().graph(224, 224), shape("image", 3, 224));
        Pair mobile = pair(new MobileNetV2().graph(224, 224), shape("image", 3, 224));
        Pair kernels = pair(Networks.convolutions(), shape("image", 256, 28));
        Pair twins =
                pair(
                        StudentTeacher.of(
                                        Networks.resNet18(SIDE, seed),
                                        Networks.resNet18(SIDE, seed + 1),
                                        StudentTeacher.Distance.SQUARED,
                                        3,
                                        SIDE,
                                        CELLS)
                                .graph(),
                        shape(StudentTeacher.IMAGE, 3, SIDE));
        try (RgbDecoder decoder = new RgbDecoder()) {
            add("ResNet-18", resnet);
            add("MobileNetV2", mobile);
            add("convolutions", kernels);
            Optional<Pair> board = Optional.empty();
            if (shipped().isPresent()) {
                board =
                        Optional.of(
                                pair(
                                        Graph.read(shipped().get()),
                                        Map.of(
                                                PairInspector.CROPS,
                                                List.of(
                                                        CROPS,
                                                        (long) PairCrops.CHANNELS,
                                                        CROP_SIDE,
                                                        CROP_SIDE))));
                add(BOARD, board.get());
            }
            byte[] jpeg = jpeg();
            runs.put("twins fp32", decodeToScore(twins.floating(), twins, jpeg, decoder));
            runs.put("twins int8", decodeToScore(twins.bytes(), twins, jpeg, decoder));
            List<Timing> timings = Timing.measure(List.copyOf(runs.values()), rounds);
            Map<String, Timing> by = new LinkedHashMap<>();
            List<String> names = List.copyOf(runs.keySet());
            for (int i = 0; i < names.size(); i++) {
                by.put(names.get(i), timings.get(i));
            }
            ratios(report, by, "ResNet-18", resnet, Bound.atLeast(2.4));
            ratios(report, by, "MobileNetV2", mobile, Bound.atLeast(1.6));
            if (board.isPresent()) {
                ratios(report, by, BOARD, board.get(), null);
            }
            roofline(report, by, kernels, twins, processorTimes());
        } finally {
            open.forEach(OpenGraph::close);
        }
    }

    private void ratios(
            BenchReport report, Map<String, Timing> by, String name, Pair pair, Bound required) {
        Timing floating = by.get(name + " fp32");
        Timing bytes = by.get(name + " int8");
        Interval speedup = bytes.speedup(floating, PairedBootstrap.withSeed(seed));
        String what = name + ", int8 over own fp32";
        if (required != null) {
            figure(report, what, speedup.value(), "x", required);
        } else {
            report.aim(what, speedup.value(), "x", Bound.atLeast(3.4));
        }
        report.note(
                String.format(
                        java.util.Locale.ROOT,
                        "%s: fp32 p50 %.2f p99 %.2f ms, int8 p50 %.2f p99 %.2f ms by the clock; ratio of processor times %s, %d rounds by turns, one thread",
                        name,
                        floating.p50(),
                        floating.p99(),
                        bytes.p50(),
                        bytes.p99(),
                        speedup,
                        bytes.runs()));
        double before = pair.floating().toProto().getSerializedSize();
        double after = pair.bytes().toProto().getSerializedSize();
        String smaller = name + ", file smaller by";
        if (required != null) {
            report.figure(smaller, before / after, "x", Bound.atLeast(3.6));
        } else {
            report.figure(smaller, before / after, "x");
        }
    }

    /**
     * Milliseconds of processor time of the int8 kernels and of the twins, by turns: each runs in
     * this thread alone, so what other processes take is not counted.
     */
    private double[][] processorTimes() throws InferenceException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        List<Timing.Run> both = List.of(runs.get("convolutions int8"), runs.get("twins int8"));
        double[][] millis = new double[both.size()][rounds];
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < both.size(); i++) {
                long start = threads.getCurrentThreadCpuTime();
                both.get(i).run(round);
                millis[i][round] = (threads.getCurrentThreadCpuTime() - start) / 1e6;
            }
        }
        for (double[] one : millis) {
            Arrays.sort(one);
        }
        return millis;
    }

    private void roofline(
            BenchReport report,
            Map<String, Timing> by,
            Pair kernels,
            Pair twins,
            double[][] processor) {
        int middle = rounds / 2;
        double peak = macs(kernels) / processor[0][middle] / 1e6;
        double reached = macs(twins) / processor[1][middle] / 1e6;
        Timing bytes = by.get("twins int8");
        report.figure("int8 peak of this run: 3x3 convolutions", peak, "GMAC/s");
        figure(
                report,
                "student–teacher 256, decode to score, of the peak",
                reached / peak,
                "",
                Bound.atLeast(0.5));
        report.aim(
                "student–teacher 256, decode to score, p50", bytes.p50(), "ms", Bound.atMost(15));
        report.figure("the same, p99", bytes.p99(), "ms");
        report.figure("the same, best", bytes.best(), "ms");
        report.figure("the same, processor time, p50", processor[1][middle], "ms");
        report.figure("the same in fp32, p50", by.get("twins fp32").p50(), "ms");
        report.note(
                "student–teacher: two ResNet-18 to their third stage, 256x256 RGB, JPEG to score, one thread;"
                        + " the seed paper's Jetson Xavier NX (TensorRT int8) takes 24.9 ms, its 12-core Xeon (int8) 234.9 ms");
        report.note(
                "peak: eight 3x3 convolutions of 256 channels on 28x28 in int8, by turns with the student–teacher model;"
                        + " both as the median of their thread's processor time, which other processes do not lengthen");
    }

    private double macs(Pair pair) {
        Variant.Size size = ModelSize.of(pair.floating(), pair.samples().shapes());
        return size.macs();
    }

    private void figure(
            BenchReport report, String name, double value, String unit, Bound required) {
        if (applies) {
            report.figure(name, value, unit, required);
        } else {
            report.figure(name, value, unit);
        }
    }

    private Pair pair(Graph graph, Map<String, List<Long>> shapes) throws InferenceException {
        Folding.fold(graph);
        Samples samples = new NoiseSamples(shapes, 2, seed);
        Graph bytes =
                new PostTrainingQuantization(
                                engine,
                                graph,
                                samples,
                                Set.of(),
                                QuantizationScheme.of(Processor.here()),
                                seed)
                        .quantize(new Calibrator.MinMax(), Set.of())
                        .graph();
        return new Pair(graph, bytes, samples);
    }

    private void add(String name, Pair pair) throws InferenceException {
        runs.put(name + " fp32", run(pair.floating(), pair.samples()));
        runs.put(name + " int8", run(pair.bytes(), pair.samples()));
    }

    private Timing.Run run(Graph graph, Samples samples) throws InferenceException {
        Binding binding = bound(graph, samples);
        samples.write(0, binding);
        return round -> binding.run();
    }

    private Timing.Run decodeToScore(Graph graph, Pair pair, byte[] jpeg, RgbDecoder decoder)
            throws InferenceException {
        Binding binding = bound(graph, pair.samples());
        Preprocessor preprocessor =
                new Preprocessor(
                        new Preprocessing(
                                Preprocessing.Color.RGB,
                                Preprocessing.Scaling.AREA,
                                Preprocessing.Fit.STRETCH,
                                0),
                        binding.input(StudentTeacher.IMAGE));
        RgbImage image = new RgbImage();
        ByteBuffer file = ByteBuffer.wrap(jpeg);
        return round -> {
            try {
                decoder.decode(file.rewind(), image);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            preprocessor.write(image, binding.input(StudentTeacher.IMAGE).data().rewind());
            binding.run();
            float score = binding.output(StudentTeacher.SCORE).data().getFloat(0);
            if (Float.isNaN(score)) {
                throw new IllegalStateException("the score is not a number");
            }
        };
    }

    private Binding bound(Graph graph, Samples samples) throws InferenceException {
        OpenGraph one = new OpenGraph(engine, graph, samples.shapes());
        open.add(one);
        return one.binding();
    }

    private static Map<String, List<Long>> shape(String input, long channels, long side) {
        return Map.of(input, List.of(1L, channels, side, side));
    }

    private byte[] jpeg() throws IOException {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(seed);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                int gray =
                        (int)
                                (128
                                        + 60 * Math.sin(x / 9.0) * Math.cos(y / 13.0)
                                        + 8 * random.nextGaussian());
                gray = Math.max(0, Math.min(255, gray));
                image.setRGB(x, y, gray << 16 | gray << 8 | gray);
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(image, "jpg", out);
        return out.toByteArray();
    }
}
