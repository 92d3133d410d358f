package io.karu.training.anomaly;

import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.learning.anomaly.Extractor;
import io.karu.learning.anomaly.GoodPart;
import io.karu.learning.anomaly.GoodScores;
import io.karu.learning.anomaly.PatchMemory;
import io.karu.learning.anomaly.PatchMemory.Settings;
import io.karu.learning.anomaly.StudentTeacher;
import io.karu.learning.djl.History;
import io.karu.onnx.proto.ModelProto;
import io.karu.training.Progress;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.AnomalyInspector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleConsumer;
import java.util.stream.Collectors;

/**
 * A model learned from good parts, with the thresholds that follow from them.
 *
 * @param source writes the graph
 * @param description one sentence for a person
 * @param memory what is remembered; absent for a student with its teacher
 * @param history of the training; absent for a memory
 * @param weights of the whole part against its worst patches, by product; empty for a student
 * @param goodScores by product: scores of good parts, each as if it (or only this image of it,
 *     where the split says so) had never been seen
 * @param falseRejectRate that the thresholds keep
 * @param confidence with which they keep it
 */
record AnomalyModel(
        Source source,
        String description,
        Optional<PatchMemory> memory,
        Optional<History> history,
        Map<String, Double> weights,
        Map<String, GoodScores> goodScores,
        double falseRejectRate,
        double confidence) {
    static final TensorInfo IMAGE =
            new TensorInfo(PatchMemory.IMAGE, ElementType.UINT8, List.of(1L, 1L, -1L, -1L));

    private static final int SCORED = 120;

    /** Every so many good parts of a student's product, one is held out for the threshold. */
    private static final int HELD_OUT = 5;

    /** Writes a graph of that name. */
    @FunctionalInterface
    interface Source {
        ModelProto toModel(String name) throws IOException;
    }

    /**
     * Learns. All products' thresholds lie at one score, so that a station need not know which it
     * sees.
     *
     * @param whole weight of the whole part in its score; NaN chooses it by synthetic defects
     */
    static AnomalyModel learn(
            InferenceEngine engine,
            List<AnomalyParts> products,
            Settings settings,
            double whole,
            double falseRejectRate,
            double confidence,
            DoubleConsumer progress)
            throws IOException, InferenceException {
        List<GoodPart> good = new ArrayList<>();
        products.forEach(product -> good.addAll(product.good()));
        Set<String> seenAgain =
                products.stream()
                        .filter(product -> product.met() == PatchMemory.Left.SHOT)
                        .map(AnomalyParts::product)
                        .collect(Collectors.toSet());
        PatchMemory memory =
                PatchMemory.learn(
                        engine,
                        good,
                        settings.withSeenAgain(seenAgain),
                        done -> progress.accept(0.8 * done));
        Map<String, Double> weights = new LinkedHashMap<>();
        Map<String, GoodScores> scores = new LinkedHashMap<>();
        double common = Double.NaN;
        for (AnomalyParts product : products) {
            String name = product.product();
            double weight = Double.isNaN(whole) ? Weighing.best(engine, memory, product) : whole;
            weights.put(name, weight);
            float[][] distances = memory.distances(engine, some(product.good()), product.met());
            double threshold =
                    goodScores(memory.withWhole(weight), name, distances)
                            .threshold(falseRejectRate, confidence)
                            .value();
            common = Double.isNaN(common) ? threshold : common;
            memory = memory.scaled(name, odds(threshold) / odds(common));
            scores.put(name, goodScores(memory.withWhole(weight), name, distances));
            progress.accept(0.8 + 0.2 * scores.size() / products.size());
        }
        PatchMemory known = memory.withWhole(weights.values().iterator().next());
        String description =
                "Remembers "
                        + memory.patches()
                        + " patches of good "
                        + String.join(", ", scores.keySet());
        return new AnomalyModel(
                known::toModel,
                description,
                Optional.of(known),
                Optional.empty(),
                weights,
                scores,
                falseRejectRate,
                confidence);
    }

    private static List<GoodPart> some(List<GoodPart> good) {
        List<GoodPart> some = new ArrayList<>();
        int wanted = Math.min(SCORED, good.size());
        for (int i = 0; i < wanted; i++) {
            some.add(good.get((int) ((long) i * good.size() / wanted)));
        }
        return some;
    }

    private static GoodScores goodScores(PatchMemory memory, String name, float[][] distances) {
        return GoodScores.of(
                Arrays.stream(distances).mapToDouble(each -> memory.score(name, each)).toArray());
    }

    private static double odds(double score) {
        return Math.max(1e-9, score) / Math.max(1e-9, 1 - score);
    }

    /**
     * The card: a threshold for each product, the highest as the card's own, and the good scores
     * from which other thresholds can be chosen.
     */
    ModelCard card(String name, String version) {
        Map<String, Double> parameters = new LinkedHashMap<>();
        double highest = 0;
        for (Map.Entry<String, GoodScores> product : goodScores.entrySet()) {
            double threshold = product.getValue().threshold(falseRejectRate, confidence).value();
            parameters.put(AnomalyInspector.THRESHOLD + "." + product.getKey(), threshold);
            parameters.putAll(product.getValue().toParameters(product.getKey()));
            highest = Math.max(highest, threshold);
        }
        parameters.put(AnomalyInspector.THRESHOLD, highest);
        if (weights.size() > 1) {
            weights.forEach(
                    (product, weight) ->
                            parameters.put(AnomalyInspector.WHOLE + "." + product, weight));
        }
        parameters.put("falseRejectRate", falseRejectRate);
        parameters.put("confidence", confidence);
        return new ModelCard(
                name,
                version,
                ModelCard.Task.ANOMALY,
                List.of("anomaly"),
                List.of(IMAGE),
                outputs(),
                parameters,
                description);
    }

    private List<TensorInfo> outputs() {
        List<TensorInfo> outputs = new ArrayList<>();
        outputs.add(new TensorInfo(PatchMemory.SCORE, ElementType.FLOAT, List.of(1L)));
        if (memory.isPresent()) {
            outputs.add(new TensorInfo(PatchMemory.EXTENT, ElementType.FLOAT, List.of(2L)));
        }
        outputs.add(new TensorInfo(PatchMemory.MAP, ElementType.FLOAT, List.of(1L, 1L, -1L, -1L)));
        return outputs;
    }

    /**
     * Trains a student. Every fifth part is held out: pieces of which the student saw nothing set
     * the thresholds.
     */
    static AnomalyModel distill(
            InferenceEngine engine,
            List<AnomalyParts> products,
            Extractor teacher,
            int width,
            StudentTraining.Settings settings,
            double falseRejectRate,
            double confidence,
            long seed,
            Path state,
            Progress progress)
            throws Exception {
        List<GoodPart> learned = new ArrayList<>();
        Map<String, List<GoodPart>> held = new LinkedHashMap<>();
        for (AnomalyParts product : products) {
            List<String> pieces =
                    product.good().stream().map(GoodPart::part).distinct().sorted().toList();
            for (GoodPart part : product.good()) {
                if (pieces.indexOf(part.part()) % HELD_OUT == 0) {
                    held.computeIfAbsent(product.product(), name -> new ArrayList<>()).add(part);
                } else {
                    learned.add(part);
                }
            }
        }
        StudentTeacher pair = StudentTeacher.standardise(engine, teacher, learned, width, seed);
        StudentTraining.Result result =
                new StudentTraining(pair, learned, settings).run(engine, seed, state, progress);
        double usual = 1;
        Map<String, GoodScores> scores = new LinkedHashMap<>();
        for (int pass = 0; pass < 2; pass++) {
            byte[] graph = pair.toModel("student", result.weights(), usual).toByteArray();
            List<Double> all = new ArrayList<>();
            for (Map.Entry<String, List<GoodPart>> product : held.entrySet()) {
                double[] values = Scoring.good(engine, graph, product.getValue());
                scores.put(product.getKey(), GoodScores.of(values));
                Arrays.stream(values).forEach(all::add);
            }
            all.sort(Double::compare);
            double middle = all.get(all.size() / 2);
            usual = pass == 0 ? middle / (1 - middle) : usual;
        }
        double scale = usual;
        return new AnomalyModel(
                name -> pair.toModel(name, result.weights(), scale),
                "A student of " + teacher.name() + " for " + String.join(", ", scores.keySet()),
                Optional.empty(),
                Optional.of(result.history()),
                Map.of(),
                scores,
                falseRejectRate,
                confidence);
    }

    /** Raw pixels of an image. */
    static byte[] bytes(GrayImage image) {
        return java.util.Arrays.copyOf(image.pixels(), image.width() * image.height());
    }
}
