package io.karu.compression.gateway;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelException;
import io.karu.compression.Budget;
import io.karu.compression.Calibrator;
import io.karu.compression.Correction;
import io.karu.compression.Guard;
import io.karu.compression.PairedBootstrap;
import io.karu.compression.PostTrainingQuantization;
import io.karu.compression.Processor;
import io.karu.compression.QuantizationScheme;
import io.karu.compression.Quantized;
import io.karu.compression.Timing;
import io.karu.compression.gateway.FrameReserve.Kept;
import io.karu.compression.gateway.GoldenSet.Decisions;
import io.karu.modelversion.GoldenCase;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance;
import io.karu.modelversion.Sha256;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.Folding;
import io.karu.onnx.Graph;
import io.karu.worker.WorkerContext;
import io.karu.worker.WorkerTask;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;

/**
 * Compresses one model version: quantizes it with every calibrator on accepted frames, holds each
 * variant against its parent on the golden set and on this processor, and writes the best one that
 * the guard lets pass. Runs in a JVM of its own. The same folder gives the same version, unless the
 * guard sees another speed.
 *
 * <pre>
 * order.json  what to do
 * parent/     the version to compress
 * frames/     frames of the line
 * version/    written: the chosen version
 * </pre>
 *
 * The numbers are its result.
 */
public final class CompressionTask implements WorkerTask {
    static final String PARENT = "parent";
    static final String FRAMES = "frames";
    static final String VERSION = "version";

    private static final int MOST_CALIBRATION = 64;
    private static final double TOLERANCE = 1.0 / 64;

    /** Everything that one run needs. */
    private record Run(
            WorkerContext context,
            Path job,
            CompressionOrder order,
            ModelVersionFolder parent,
            InferenceEngine engine,
            Guard guard) {}

    private record Candidate(String name, Quantized quantized, Path file, Decisions decisions) {}

    private record Judged(Candidate candidate, Variant variant, double loss) {}

    private Run run;

    @Override
    public void run(WorkerContext context) throws IOException, InferenceException, ModelException {
        Path job = context.folder();
        CompressionOrder order =
                CompressionOrder.parse(Files.readString(job.resolve(CompressionOrder.FILE)));
        InferenceEngine engine =
                ServiceLoader.load(InferenceEngine.class)
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new IllegalStateException(
                                                "no inference engine is on the class path"));
        run =
                new Run(
                        context,
                        job,
                        order,
                        ModelVersionFolder.read(job.resolve(PARENT)),
                        engine,
                        new Guard(
                                List.of(new Budget(GoldenSet.METRIC, order.budget())),
                                PairedBootstrap.withSeed(order.seed())));
        context.result(work().toJson());
    }

    private CompressionResult work() throws IOException, InferenceException, ModelException {
        List<Kept> frames = FrameReserve.list(run.job().resolve(FRAMES));
        List<Kept> calibrating = new ArrayList<>();
        List<Kept> judging = new ArrayList<>();
        for (Kept frame : frames) {
            boolean calibrates =
                    isUsual(frame)
                            && calibrating.size() < MOST_CALIBRATION
                            && calibrating.size() <= judging.stream().filter(this::isUsual).count();
            (calibrates ? calibrating : judging).add(frame);
        }
        GoldenSet golden = new GoldenSet(run.engine(), run.parent().card(), judging);
        stage("looks at " + calibrating.size() + " frames");
        CapturedInputs calibration = new CapturedInputs(calibrating.size());
        new GoldenSet(run.engine(), run.parent().card(), calibrating)
                .decide(run.parent().graph(), calibration::watch);
        Decisions expected = golden.decide(run.parent().graph());

        Processor processor = Processor.here();
        QuantizationScheme scheme = QuantizationScheme.of(processor);
        List<Candidate> candidates = candidates(scheme, calibration, golden);
        stage("measures the speed of " + candidates.size() + " variants");
        List<Graph> graphs = new ArrayList<>(List.of(Graph.read(run.parent().graph())));
        candidates.forEach(candidate -> graphs.add(candidate.quantized().graph()));
        List<Timing> timings =
                Timing.measure(run.engine(), graphs, calibration, run.order().rounds());
        List<Judged> judged = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            judged.add(judge(candidates.get(i), expected, timings.get(0), timings.get(i + 1)));
        }
        Optional<Judged> best =
                judged.stream()
                        .filter(j -> j.variant().passed())
                        .min(
                                Comparator.comparingDouble(Judged::loss)
                                        .thenComparingDouble(j -> j.variant().scoreError()));
        if (best.isPresent()) {
            stage("writes " + best.get().candidate().name());
            write(best.get(), calibrating, scheme);
        }
        Timing own = timings.get(0);
        Variant parentVariant =
                new Variant(
                        run.parent().card().name() + " " + run.parent().card().version(),
                        true,
                        "as it is",
                        Files.size(run.parent().graph()),
                        1,
                        0,
                        own.p50(),
                        own.p99(),
                        1);
        return new CompressionResult(
                processor.abilities(),
                name(scheme),
                calibration.size(),
                golden.size(),
                parentVariant,
                judged.stream().map(Judged::variant).toList(),
                best.map(j -> j.candidate().name()));
    }

    /** Shows what the graph sees every day: good parts, or what a detector of pairs looks at. */
    private boolean isUsual(Kept frame) {
        return frame.accepted() || run.parent().card().task() == ModelCard.Task.DETECTION;
    }

    private List<Candidate> candidates(
            QuantizationScheme scheme, CapturedInputs calibration, GoldenSet golden)
            throws IOException, InferenceException {
        Graph graph = Graph.read(run.parent().graph());
        Folding.fold(graph);
        PostTrainingQuantization quantization =
                new PostTrainingQuantization(
                        run.engine(), graph, calibration, Set.of(), scheme, run.order().seed());
        Map<String, Quantized> made = new LinkedHashMap<>();
        for (Calibrator calibrator : Calibrator.all()) {
            stage("calibrates by " + calibrator.name());
            made.put(calibrator.name(), quantization.quantize(calibrator, Set.of()));
            made.put(
                    calibrator.name() + " + bias correction",
                    quantization.quantize(calibrator, Set.of(Correction.BIAS_CORRECTION)));
        }
        List<Candidate> candidates = new ArrayList<>();
        for (Map.Entry<String, Quantized> one : made.entrySet()) {
            stage("judges " + one.getKey());
            Path file = run.job().resolve("variant-" + candidates.size() + ".onnx");
            one.getValue().graph().write(file);
            candidates.add(new Candidate(one.getKey(), one.getValue(), file, golden.decide(file)));
        }
        return candidates;
    }

    private Judged judge(Candidate candidate, Decisions expected, Timing own, Timing timing)
            throws IOException {
        Guard.Judgement judgement =
                run.guard()
                        .judge(
                                List.of(expected.agreement(expected)),
                                List.of(candidate.decisions().agreement(expected)),
                                own,
                                timing);
        double loss = judgement.losses().get(GoldenSet.METRIC).value();
        Variant variant =
                new Variant(
                        candidate.name(),
                        judgement.passed(),
                        judgement.reason(),
                        Files.size(candidate.file()),
                        1 - loss,
                        candidate.decisions().scoreError(expected),
                        timing.p50(),
                        timing.p99(),
                        judgement.speedup().value());
        return new Judged(candidate, variant, loss);
    }

    /** The parent's golden inputs are the child's too: no frame of the line is in a version. */
    private void write(Judged best, List<Kept> calibrating, QuantizationScheme scheme)
            throws IOException, InferenceException, ModelException {
        ModelCard card = run.parent().card();
        ModelCard own =
                new ModelCard(
                        card.name(),
                        card.version() + "-int8",
                        card.task(),
                        card.labels(),
                        card.inputs(),
                        card.outputs(),
                        card.preprocessing(),
                        card.parameters(),
                        card.description());
        Provenance.Builder provenance =
                Provenance.here(run.order().seed())
                        .parent(run.parent().digest())
                        .data(
                                new Provenance.DataUse(
                                        "frames of this gateway",
                                        "",
                                        "calibration",
                                        digest(calibrating),
                                        calibrating.size()))
                        .configuration("scheme", name(scheme))
                        .configuration("budget", run.order().budget())
                        .version(run.engine().name(), run.engine().version());
        best.candidate().quantized().steps().forEach(s -> provenance.step(s, Map.of()));
        TrainedModel made =
                new TrainedModel(own, Files.readAllBytes(best.candidate().file()))
                        .tolerance(TOLERANCE)
                        .metric(
                                Metric.of(
                                                GoldenSet.METRIC,
                                                best.variant().agreement(),
                                                "frames of this gateway",
                                                "golden set")
                                        .over(best.candidate().decisions().scores().length))
                        .provenance(provenance.build());
        for (GoldenCase golden : run.parent().golden()) {
            made.golden(inputs(golden));
        }
        made.write(run.engine(), run.job().resolve(VERSION));
    }

    private Map<String, TrainedModel.Input> inputs(GoldenCase golden) throws IOException {
        Map<String, TrainedModel.Input> inputs = new LinkedHashMap<>();
        for (TensorInfo input : run.parent().card().inputs()) {
            Path file = run.parent().root().resolve(golden.inputPath(input.name()));
            inputs.put(
                    input.name(),
                    new TrainedModel.Input(golden.shape(input.name()), Files.readAllBytes(file)));
        }
        return inputs;
    }

    private static Digest digest(List<Kept> frames) {
        MessageDigest sha = Sha256.begin();
        frames.forEach(f -> sha.update((f.digest() + "\n").getBytes(StandardCharsets.US_ASCII)));
        return Sha256.end(sha);
    }

    private static String name(QuantizationScheme scheme) {
        return (scheme.activations() == QuantizationScheme.Activations.UNSIGNED ? "uint8" : "int8")
                + " x int"
                + scheme.weightBits();
    }

    private void stage(String what) {
        if (run.context().isCancelled()) {
            throw new IllegalStateException("cancelled");
        }
        run.context().stage(what, 0, "frames");
        run.context().progress(0, Map.of());
    }
}
