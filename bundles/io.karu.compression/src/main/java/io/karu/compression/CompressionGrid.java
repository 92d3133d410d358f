package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.compression.Variant.Fate;
import io.karu.learning.metric.Interval;
import io.karu.onnx.Folding;
import io.karu.onnx.Graph;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Compresses one model in every way, runs every variant on the same evaluation samples, times all
 * of them by turns, and lets the guard judge. Columns: {@code fp32}, each {@link Calibrator} on the
 * calibration images, {@code random-normal} and {@code synthetic-defects} (which images calibrate),
 * {@code corrected} ({@link BestQuantization}), what the caller adds, and {@code mixed} when the
 * guard refuses all of them and one is faster.
 */
public final class CompressionGrid {
    private static final int CLIPPING_SAMPLES = 32;
    private static final int SENSITIVITY_SAMPLES = 16;

    private final InferenceEngine engine;
    private final Subject subject;
    private final QuantizationScheme scheme;
    private final Guard guard;
    private final PairedBootstrap bootstrap;
    private final int rounds;
    private final long seed;
    private final Consumer<String> progress;
    private final Memory memory;
    private final List<Maker> makers = new ArrayList<>();
    private final Map<Samples, PostTrainingQuantization> observed = new IdentityHashMap<>();

    /**
     * What is compressed.
     *
     * @param scope {@code one-class} or {@code unified}
     * @param data name of the data
     * @param graph the model
     * @param calibration good images as they reach the graph
     * @param damaged the same with defects
     * @param evaluationInputs inputs of the evaluation, to see what is clipped
     * @param evaluation the samples that decide
     */
    public record Subject(
            String scope,
            String data,
            Graph graph,
            PixelSamples calibration,
            PixelSamples damaged,
            Samples evaluationInputs,
            Evaluation evaluation) {
        public Subject {
            Objects.requireNonNull(scope, "scope");
            Objects.requireNonNull(data, "data");
            Objects.requireNonNull(evaluation, "evaluation");
        }

        /** Good images and damaged ones. */
        PixelSamples both() {
            return calibration.and(damaged);
        }
    }

    /** Makes a variant from the folded graph. */
    @FunctionalInterface
    public interface Making {
        Made make(Graph folded) throws Exception;
    }

    /**
     * A made graph.
     *
     * @param base the floating-point graph whose activations {@code ranges} belong to
     * @param ranges empty where nothing is clipped
     */
    public record Made(
            Graph graph,
            String precision,
            List<String> steps,
            Graph base,
            Map<String, Range> ranges) {
        /** A quantized graph. */
        public static Made of(Quantized quantized) {
            return new Made(
                    quantized.graph(),
                    "int8",
                    quantized.steps(),
                    quantized.base(),
                    quantized.ranges());
        }
    }

    /** Measures the memory that a graph takes, such as {@link ResidentMemory#of}. */
    @FunctionalInterface
    public interface Memory {
        OptionalLong of(Graph graph, Map<String, List<Long>> shapes) throws IOException;
    }

    private record Maker(String name, Making making) {}

    /** Settings of a grid. */
    public static final class Builder {
        private final InferenceEngine engine;
        private final Subject subject;
        private QuantizationScheme scheme = QuantizationScheme.of(Processor.here());
        private List<Budget> budgets = List.of();
        private long seed = 1;
        private int rounds = 200;
        private Consumer<String> progress = message -> {};
        private Memory memory = (graph, shapes) -> OptionalLong.empty();

        private Builder(InferenceEngine engine, Subject subject) {
            this.engine = engine;
            this.subject = subject;
        }

        /** How tensors become bytes; what fits this processor unless said. */
        public Builder scheme(QuantizationScheme value) {
            scheme = value;
            return this;
        }

        /** What may be lost; at least one. */
        public Builder budgets(List<Budget> values) {
            budgets = List.copyOf(values);
            return this;
        }

        /** Seed of every random choice. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** Runs of each variant. */
        public Builder rounds(int value) {
            rounds = value;
            return this;
        }

        /** Told what is done. */
        public Builder progress(Consumer<String> value) {
            progress = value;
            return this;
        }

        /** Measures the memory of each variant; else none is. */
        public Builder memory(Memory value) {
            memory = value;
            return this;
        }

        public CompressionGrid build() {
            return new CompressionGrid(this);
        }
    }

    private CompressionGrid(Builder builder) {
        engine = builder.engine;
        subject = builder.subject;
        scheme = builder.scheme;
        bootstrap = PairedBootstrap.withSeed(builder.seed);
        guard = new Guard(builder.budgets, bootstrap);
        rounds = builder.rounds;
        progress = builder.progress;
        seed = builder.seed;
        memory = builder.memory;
        PixelSamples good = subject.calibration();
        for (Calibrator calibrator : Calibrator.all()) {
            add(calibrator.name(), folded -> plain(folded, good, calibrator));
        }
        add(
                "random-normal",
                folded ->
                        plain(folded, good.randomNormal(seed), new Calibrator.MeanSquaredError()));
        PixelSamples damaged = subject.both();
        add("synthetic-defects", folded -> plain(folded, damaged, new Calibrator.MinMax()));
        add(
                "corrected",
                folded ->
                        Made.of(
                                BestQuantization.of(
                                        engine, folded, damaged, Set.of(), scheme, seed)));
    }

    /** Begins a grid for a model. */
    public static Builder of(InferenceEngine engine, Subject subject) {
        return new Builder(engine, subject);
    }

    /** Adds a column. */
    public CompressionGrid add(String name, Making making) {
        makers.add(new Maker(name, making));
        return this;
    }

    /** Images that several calibrators look at run once. */
    private Made plain(Graph folded, Samples samples, Calibrator calibrator)
            throws InferenceException {
        PostTrainingQuantization quantization =
                observed.computeIfAbsent(
                        samples,
                        some ->
                                new PostTrainingQuantization(
                                        engine, folded, some, Set.of(), scheme, 1));
        return Made.of(quantization.quantize(calibrator, Set.of()));
    }

    /**
     * Makes, measures and judges every variant; the parent is the first.
     *
     * @return at most one is CHOSEN: of those that passed the one with the smallest loss of the
     *     first budget's metric
     */
    public List<Variant> run() throws Exception {
        Graph folded = subject.graph().copy();
        Folding.fold(folded);
        List<Maker> columns = new ArrayList<>();
        List<Made> made = new ArrayList<>();
        List<List<Outcome>> outcomes = new ArrayList<>();
        columns.add(new Maker("fp32", null));
        made.add(new Made(subject.graph(), "fp32", List.of(), folded, Map.of()));
        outcomes.add(subject.evaluation().of(subject.graph()));
        for (Maker maker : makers) {
            progress.accept(subject.scope() + " " + maker.name());
            Made one = maker.making().make(folded);
            columns.add(maker);
            made.add(one);
            outcomes.add(subject.evaluation().of(one.graph()));
        }
        progress.accept(subject.scope() + " timing " + columns.size() + " variants by turns");
        List<Timing> timings =
                Timing.measure(
                        engine,
                        made.stream().map(Made::graph).toList(),
                        subject.calibration(),
                        rounds);
        List<Variant> variants = new ArrayList<>();
        for (int i = 0; i < made.size(); i++) {
            variants.add(variant(columns.get(i).name(), made.get(i), outcomes, timings, i));
        }
        if (variants.stream().noneMatch(v -> v.outcome() == Fate.PASSED)
                && variants.stream().anyMatch(CompressionGrid::isFaster)) {
            mixed(folded, made.get(0), outcomes.get(0)).ifPresent(variants::add);
        }
        return choose(variants);
    }

    /** Where bytes everywhere bring no speed, fewer of them bring none either. */
    private static boolean isFaster(Variant variant) {
        return variant.speedup().isPresent() && variant.speedup().get().low() > 1;
    }

    /**
     * Where bytes everywhere lose too much: the layers that suffer most stay in floating point,
     * twice as many each time, until the guard is content or half of them do.
     *
     * @return the last one tried
     */
    private Optional<Variant> mixed(Graph folded, Made parent, List<Outcome> exact)
            throws InferenceException, IOException {
        PixelSamples damaged = subject.both();
        List<String> sensitive =
                List.copyOf(
                        new MixedPrecision(
                                        engine,
                                        folded,
                                        damaged.atMost(SENSITIVITY_SAMPLES),
                                        scheme,
                                        new Calibrator.MeanSquaredError())
                                .sensitivities()
                                .keySet());
        Variant tried = null;
        for (int kept = 1; kept <= sensitive.size() / 2; kept *= 2) {
            progress.accept(subject.scope() + " mixed, " + kept + " layers in floating point");
            Set<String> inFloat = new LinkedHashSet<>(sensitive.subList(0, kept));
            Quantized quantized =
                    BestQuantization.of(engine, folded, damaged, inFloat, scheme, seed);
            List<String> steps = new ArrayList<>(quantized.steps());
            steps.add("in floating point: " + String.join(", ", inFloat));
            Made made =
                    new Made(
                            quantized.graph(),
                            "mixed",
                            steps,
                            quantized.base(),
                            quantized.ranges());
            List<Timing> timings =
                    Timing.measure(
                            engine,
                            List.of(parent.graph(), made.graph()),
                            subject.calibration(),
                            rounds);
            List<List<Outcome>> outcomes = List.of(exact, subject.evaluation().of(made.graph()));
            tried = variant("mixed", made, outcomes, timings, 1);
            if (tried.outcome() == Fate.PASSED) {
                break;
            }
        }
        return Optional.ofNullable(tried);
    }

    private Variant variant(
            String name, Made made, List<List<Outcome>> outcomes, List<Timing> timings, int at)
            throws InferenceException, IOException {
        Fate fate = Fate.PARENT;
        String reason = "what was compressed";
        Optional<Interval> speedup = Optional.empty();
        if (at > 0) {
            Guard.Judgement judgement =
                    guard.judge(outcomes.get(0), outcomes.get(at), timings.get(0), timings.get(at));
            fate = judgement.passed() ? Fate.PASSED : Fate.REFUSED;
            reason = judgement.reason();
            speedup = Optional.of(judgement.speedup());
        }
        Map<String, List<Long>> shapes = subject.calibration().shapes();
        Map<String, Interval> metrics = new LinkedHashMap<>();
        for (Outcome outcome : outcomes.get(at)) {
            metrics.put(outcome.metric(), bootstrap.of(outcome));
        }
        return new Variant(
                subject.scope(),
                subject.data(),
                name,
                made.precision(),
                fate,
                reason,
                made.steps(),
                metrics,
                timings.get(at),
                speedup,
                ModelSize.of(made.graph(), shapes).measured(memory.of(made.graph(), shapes)),
                clipped(made),
                made.graph());
    }

    private double clipped(Made made) throws InferenceException {
        if (made.ranges().isEmpty()) {
            return 0;
        }
        Map<String, Histogram> seen =
                new ActivationObserver(
                                engine,
                                made.base(),
                                new SomeSamples(subject.evaluationInputs(), CLIPPING_SAMPLES))
                        .histograms(made.ranges().keySet());
        double clipped = 0;
        double all = 0;
        for (Map.Entry<String, Histogram> one : seen.entrySet()) {
            Histogram values = one.getValue();
            clipped += values.clipped(made.ranges().get(one.getKey())) * values.count();
            all += values.count();
        }
        return clipped / all;
    }

    private static List<Variant> choose(List<Variant> variants) {
        String metric = variants.get(0).metrics().keySet().iterator().next();
        Optional<Variant> best =
                variants.stream()
                        .filter(v -> v.outcome() == Fate.PASSED)
                        .max(Comparator.comparingDouble(v -> v.metrics().get(metric).value()));
        return variants.stream()
                .map(v -> best.isPresent() && v == best.get() ? v.as(Fate.CHOSEN) : v)
                .toList();
    }
}
