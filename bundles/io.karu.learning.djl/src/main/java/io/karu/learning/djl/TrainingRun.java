package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;

/**
 * Trains a graph by a plan: picks steps, collects gradients, changes weights, validates, keeps the
 * best, writes checkpoints. The same graph, plan and data give the same weights, bit for bit with
 * one PyTorch thread, also when the run was interrupted and resumed. One run at a time in a JVM.
 */
public final class TrainingRun {
    private static final String WEIGHT = "weight/";
    private static final String STATE = "state/";
    private static final String AVERAGE = "average/";
    private static final String BEST = "best/";

    private final TrainableGraph graph;
    private final TrainingPlan plan;
    private final Map<String, Double> sums = new LinkedHashMap<>();
    private History history = new History();
    private Map<String, float[]> best = Map.of();
    private double bestValue = Double.NaN;
    private OptimizerState state;
    private WeightAverage average;
    private long done;
    private double epochSeconds;
    private double rate;

    /** A run that has not begun; the graph's weights are where it starts. */
    public TrainingRun(TrainableGraph graph, TrainingPlan plan) {
        this.graph = graph;
        this.plan = plan;
    }

    /**
     * Trains to the end of the plan or until patience is over. Afterwards the graph holds the best
     * weights where the plan validates, else the averaged ones where it averages, else the last.
     *
     * @return what was measured
     * @throws CancellationException when the plan was cancelled; a checkpoint is written
     * @throws ArithmeticException when the loss is not finite
     * @throws IOException when a checkpoint cannot be read, or belongs to another plan
     */
    public History run(Objective objective) throws Exception {
        boolean gradients = JniUtils.isGradMode();
        JniUtils.setGradMode(false);
        try (OptimizerState own = new OptimizerState(plan.optimizer);
                WeightAverage averaged =
                        plan.averaging.isPresent()
                                ? new WeightAverage(graph, plan.averaging.getAsDouble())
                                : null) {
            state = own;
            average = averaged;
            resume();
            train(objective);
        } finally {
            JniUtils.setGradMode(gradients);
        }
        return history;
    }

    private void train(Objective objective) throws Exception {
        long started = System.nanoTime();
        double before = epochSeconds;
        long saved = started;
        while (done < plan.steps() && !isPatienceOver()) {
            int epoch = (int) (done / plan.stepsPerEpoch);
            int index = (int) (done % plan.stepsPerEpoch);
            Map<String, Double> metrics =
                    step(objective, new Step.Place(plan.seed, epoch, index, plan.stepsPerEpoch));
            metrics.forEach((name, value) -> sums.merge(name, value, Double::sum));
            done++;
            if (index + 1 == plan.stepsPerEpoch) {
                metrics = finishEpoch(epoch + 1, started, before);
                started = System.nanoTime();
                before = 0;
            }
            epochSeconds = before + (System.nanoTime() - started) / 1e9;
            plan.listener.progress(done, plan.steps(), metrics);
            boolean cancelled = plan.cancelled.getAsBoolean();
            if (plan.checkpoints.isPresent()
                    && (cancelled
                            || System.nanoTime() - saved
                                    >= plan.checkpoints.get().every().toNanos())) {
                checkpoint().write(plan.checkpoints.get().folder());
                saved = System.nanoTime();
            }
            if (cancelled) {
                throw new CancellationException("cancelled after step " + done);
            }
        }
        if (plan.checkpoints.isPresent()) {
            // A recipe of several runs does not repeat this one when it is started again.
            checkpoint().write(plan.checkpoints.get().folder());
        }
        if (!best.isEmpty()) {
            graph.setValues(best);
        } else if (average != null) {
            graph.setValues(average.values());
        }
    }

    private boolean isPatienceOver() {
        return plan.patience.isPresent()
                && history.best().isPresent()
                && history.epochs().size() - history.best().getAsInt() >= plan.patience.getAsInt()
                && done % plan.stepsPerEpoch == 0;
    }

    private Map<String, Double> step(Objective objective, Step.Place place) throws Exception {
        JniUtils.setSeed(Step.random(plan.seed, 0x544f_5243L, place.number()).nextLong());
        try (KeepingScope scope = KeepingScope.open();
                NDManager manager = graph.newManager()) {
            Step step = new Step(graph, manager, place);
            double loss;
            try (GradientCollector collector = Torch.engine().newGradientCollector()) {
                NDArray value = objective.loss(step);
                loss = value.toType(DataType.FLOAT64, false).getDouble();
                if (!Double.isFinite(loss)) {
                    throw new ArithmeticException(
                            "the loss is "
                                    + loss
                                    + " at epoch "
                                    + (place.epoch() + 1)
                                    + ", step "
                                    + (place.index() + 1)
                                    + ": lower the learning rate, clip gradients or check the data");
                }
                collector.backward(value);
            }
            update(place.number());
            Map<String, Double> metrics = new LinkedHashMap<>();
            metrics.put("loss", loss);
            metrics.putAll(step.metrics());
            return metrics;
        }
    }

    private void update(long number) {
        Map<String, NDArray> gradients = new LinkedHashMap<>();
        graph.trained()
                .forEach(
                        (name, array) -> {
                            PtNDArray gradient = JniUtils.getGradient((PtNDArray) array);
                            if (gradient != null) {
                                gradients.put(name, gradient);
                            }
                        });
        plan.clip.ifPresent(norm -> shorten(gradients, norm));
        rate = plan.rate * plan.schedule.at(number, plan.steps());
        gradients.forEach(
                (name, gradient) -> {
                    NDArray weight = graph.array(name);
                    double own = rate * plan.factor(name);
                    state.update(name, weight, gradient, own, number + 1);
                    JniUtils.zeroGrad((PtNDArray) weight);
                });
        if (average != null) {
            average.update(graph, number + 1);
        }
    }

    private static void shorten(Map<String, NDArray> gradients, double norm) {
        double squares = 0;
        for (NDArray gradient : gradients.values()) {
            squares += gradient.square().sum().getFloat();
        }
        double length = Math.sqrt(squares);
        if (length > norm) {
            gradients.values().forEach(gradient -> gradient.muli(norm / length));
        }
    }

    private Map<String, Double> finishEpoch(int number, long started, double before)
            throws Exception {
        Map<String, Double> training = new LinkedHashMap<>();
        sums.forEach((name, sum) -> training.put(name, sum / plan.stepsPerEpoch));
        sums.clear();
        Map<String, Double> validation = new LinkedHashMap<>();
        boolean isBest = false;
        if (plan.watch.isPresent()) {
            Map<String, float[]> kept = average == null ? graph.values() : average.values();
            validation.putAll(measure(plan.watch.get(), kept));
            Double value = validation.get(plan.watch.get().metric());
            if (value == null) {
                throw new IllegalStateException(
                        "validation measured "
                                + validation.keySet()
                                + " but not "
                                + plan.watch.get().metric());
            }
            isBest = history.best().isEmpty() || plan.watch.get().better().than(value, bestValue);
            if (isBest) {
                bestValue = value;
                best = kept;
            }
        }
        double seconds = before + (System.nanoTime() - started) / 1e9;
        history.add(new History.Epoch(number, training, validation, rate, seconds), isBest);
        Map<String, Double> both = new LinkedHashMap<>(training);
        validation.forEach((name, value) -> both.put("validation " + name, value));
        return both;
    }

    private Map<String, Double> measure(TrainingPlan.Watch watch, Map<String, float[]> weights)
            throws Exception {
        Map<String, float[]> own = average == null ? Map.of() : graph.values();
        if (average != null) {
            graph.setValues(weights);
        }
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            return watch.validation().measure(graph);
        } finally {
            graph.setValues(own);
        }
    }

    private Checkpoint checkpoint() {
        JsonObject facts = identity();
        facts.addProperty("done", done);
        facts.addProperty("epochSeconds", epochSeconds);
        facts.addProperty("bestValue", Double.toString(bestValue));
        facts.add("sums", History.numbers(sums));
        facts.add("history", history.toJson());
        Map<String, float[]> arrays = new LinkedHashMap<>();
        graph.values().forEach((name, values) -> arrays.put(WEIGHT + name, values));
        state.values().forEach((name, values) -> arrays.put(STATE + name, values));
        if (average != null) {
            average.values().forEach((name, values) -> arrays.put(AVERAGE + name, values));
        }
        best.forEach((name, values) -> arrays.put(BEST + name, values));
        return new Checkpoint(facts, arrays);
    }

    /** What must be the same for a run to go on from a checkpoint. */
    private JsonObject identity() {
        JsonObject facts = new JsonObject();
        facts.addProperty("seed", plan.seed);
        facts.addProperty("epochs", plan.epochs);
        facts.addProperty("stepsPerEpoch", plan.stepsPerEpoch);
        facts.addProperty("rate", plan.rate);
        facts.addProperty("optimizer", plan.optimizer.toString());
        facts.addProperty("averaging", plan.averaging.toString());
        facts.addProperty("clip", plan.clip.toString());
        facts.addProperty("factors", plan.factors.toString());
        facts.addProperty("identity", plan.identity);
        facts.addProperty("parameters", graph.names().toString());
        return facts;
    }

    private void resume() throws IOException {
        if (plan.checkpoints.isEmpty()) {
            return;
        }
        Checkpoint checkpoint = Checkpoint.read(plan.checkpoints.get().folder());
        if (checkpoint == null) {
            return;
        }
        JsonObject facts = checkpoint.facts();
        for (var own : identity().entrySet()) {
            if (!own.getValue().equals(facts.get(own.getKey()))) {
                throw new IOException(
                        "the checkpoint in "
                                + plan.checkpoints.get().folder()
                                + " belongs to another run: its "
                                + own.getKey()
                                + " is "
                                + facts.get(own.getKey())
                                + ", not "
                                + own.getValue()
                                + "; use another folder or delete it");
            }
        }
        done = facts.get("done").getAsLong();
        epochSeconds = facts.get("epochSeconds").getAsDouble();
        bestValue = facts.get("bestValue").getAsDouble();
        sums.putAll(History.numbers(facts.getAsJsonObject("sums")));
        history = History.of(facts.getAsJsonObject("history"));
        graph.setValues(checkpoint.arrays(WEIGHT));
        state.setValues(checkpoint.arrays(STATE), graph);
        best = checkpoint.arrays(BEST);
        if (average != null) {
            average.setValues(checkpoint.arrays(AVERAGE));
        }
    }
}
