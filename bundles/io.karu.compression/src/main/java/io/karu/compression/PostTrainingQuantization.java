package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Graph;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Quantizes a graph without training, with as many calibrators and corrections as wanted; the
 * samples run once for all calibrators. The same graph, samples, scheme and seed give the same
 * quantized graph. Not thread-safe.
 */
public final class PostTrainingQuantization {
    private final InferenceEngine engine;
    private final Graph original;
    private final Samples calibration;
    private final Set<String> inFloat;
    private final QuantizationScheme scheme;
    private final long seed;
    private Observed plain;
    private Observed equalised;

    private record Observed(
            Graph graph, QuantizationPlan plan, Map<String, Histogram> activations) {}

    /**
     * Prepares for a graph.
     *
     * @param graph with batch normalisations folded; not changed
     * @param calibration at least one sample
     * @param inFloat names of nodes that stay in floating point
     * @param seed of the random choices in corrections
     */
    public PostTrainingQuantization(
            InferenceEngine engine,
            Graph graph,
            Samples calibration,
            Set<String> inFloat,
            QuantizationScheme scheme,
            long seed) {
        this.engine = Objects.requireNonNull(engine, "engine");
        this.original = graph.copy();
        this.calibration = calibration;
        this.inFloat = Set.copyOf(inFloat);
        this.scheme = Objects.requireNonNull(scheme, "scheme");
        this.seed = seed;
        if (calibration.size() == 0) {
            throw new IllegalArgumentException("calibration needs at least one sample");
        }
    }

    /**
     * Quantizes.
     *
     * @throws InferenceException when the engine cannot run the graph
     * @throws IllegalArgumentException when nothing in the graph can be quantized
     */
    public Quantized quantize(Calibrator calibrator, Set<Correction> corrections)
            throws InferenceException {
        Observed observed = observed(corrections.contains(Correction.EQUALISATION));
        List<String> steps = new ArrayList<>();
        Map<String, Range> ranges = new LinkedHashMap<>();
        observed.activations().forEach((t, h) -> ranges.put(t, calibrator.range(h)));
        if (corrections.contains(Correction.EQUALISATION)) {
            steps.add(Correction.EQUALISATION.title());
        }
        steps.add("calibration " + calibrator.name());
        Graph graph = rewrite(observed, ranges, WeightRounding.NEAREST);
        if (corrections.contains(Correction.ADAPTIVE_ROUNDING)) {
            WeightRounding rounding = new AdaptiveRounding(engine, graph, calibration, seed);
            graph = rewrite(observed, ranges, rounding);
            steps.add(Correction.ADAPTIVE_ROUNDING.title());
        }
        if (corrections.contains(Correction.BIAS_CORRECTION)) {
            graph =
                    BiasCorrection.apply(
                            engine, observed.graph(), observed.plan(), graph, calibration);
            steps.add(Correction.BIAS_CORRECTION.title());
        }
        return new Quantized(
                AlignedChannels.align(graph), observed.graph(), observed.plan(), ranges, steps);
    }

    /**
     * Why a graph cannot become smaller or faster by bytes.
     *
     * @return what follows its name in a sentence; empty when it can
     */
    public static Optional<String> obstacle(Graph graph) {
        if (graph.nodes().stream().anyMatch(node -> QuantizationPlan.isWeighted(graph, node))) {
            return Optional.empty();
        }
        return graph.nodes().stream().anyMatch(node -> node.operator().equals("DequantizeLinear"))
                ? Optional.of("runs on bytes already: compress the version that it was made from")
                : Optional.of(
                        "has no learned weights: no convolution or matrix product of it could run"
                                + " on bytes, so there is nothing to compress");
    }

    /** What calibration saw of each activation of the original graph. */
    public Map<String, Histogram> activations() throws InferenceException {
        return observed(false).activations();
    }

    /**
     * The floating-point graph in which bytes are simulated, to be trained; its weights are the
     * constants {@code <node>/weight_float} and {@code <node>/bias_float}.
     */
    public Graph simulate(Quantized quantized) {
        return QdqRewrite.simulate(quantized.base(), quantized.plan(), quantized.ranges(), scheme);
    }

    /**
     * The quantized graph with the weights of a simulating one after training.
     *
     * @param step what was done, for the lineage
     */
    public Quantized freeze(Quantized before, Graph simulated, String step)
            throws InferenceException {
        List<String> steps = new ArrayList<>(before.steps());
        steps.add(step);
        return new Quantized(
                AlignedChannels.align(
                        QdqRewrite.freeze(
                                simulated, before.plan(), scheme, WeightRounding.NEAREST)),
                before.base(),
                before.plan(),
                before.ranges(),
                steps);
    }

    private Graph rewrite(Observed observed, Map<String, Range> ranges, WeightRounding rounding)
            throws InferenceException {
        Graph simulated = QdqRewrite.simulate(observed.graph(), observed.plan(), ranges, scheme);
        return QdqRewrite.freeze(simulated, observed.plan(), scheme, rounding);
    }

    private Observed observed(boolean equal) throws InferenceException {
        if (equal && equalised == null) {
            equalised = observe(CrossLayerEqualisation.apply(engine, original, calibration));
        }
        if (!equal && plain == null) {
            plain = observe(original);
        }
        return equal ? equalised : plain;
    }

    private Observed observe(Graph graph) throws InferenceException {
        QuantizationPlan plan = QuantizationPlan.of(graph, inFloat);
        if (plan.weighted().isEmpty()) {
            throw new IllegalArgumentException(
                    "graph " + graph.name() + " has no convolution or matrix product to quantize");
        }
        return new Observed(
                graph,
                plan,
                new ActivationObserver(engine, graph, calibration).histograms(plan.activations()));
    }
}
