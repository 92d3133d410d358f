package io.karu.learning.djl;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/** How a {@link TrainingRun} goes: everything but the data and the loss. Immutable. */
public final class TrainingPlan {
    /** Measures a graph after an epoch; higher or lower of one metric decides which is kept. */
    @FunctionalInterface
    public interface Validation {
        /** Metrics by name. The graph holds the averaged weights if the plan averages. */
        Map<String, Double> measure(TrainableGraph graph) throws Exception;
    }

    /** Hears how far a run is. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Called after each step, in the thread of the run.
         *
         * @param step steps done
         * @param of steps of the run
         * @param metrics the newest loss, and after an epoch what validation measured
         */
        void progress(long step, long of, Map<String, Double> metrics);
    }

    /** Which values of a metric are better. */
    public enum Better {
        /** Such as a recall. */
        HIGHER,
        /** Such as a loss. */
        LOWER;

        boolean than(double value, double other) {
            return this == HIGHER ? value > other : value < other;
        }
    }

    /**
     * What validation looks at.
     *
     * @param metric name of the deciding metric
     * @param better its direction
     * @param validation measures it
     */
    record Watch(String metric, Better better, Validation validation) {}

    /**
     * Where a run keeps its state.
     *
     * @param folder made when absent
     * @param every time between two checkpoints
     */
    record Checkpoints(Path folder, Duration every) {}

    final long seed;
    final int epochs;
    final int stepsPerEpoch;
    final Optimizer optimizer;
    final double rate;
    final Schedule schedule;
    final Map<Pattern, Double> factors;
    final OptionalDouble clip;
    final OptionalDouble averaging;
    final Optional<Watch> watch;
    final OptionalInt patience;
    final Optional<Checkpoints> checkpoints;
    final String identity;
    final Listener listener;
    final BooleanSupplier cancelled;

    private TrainingPlan(Builder builder) {
        seed = builder.seed;
        epochs = builder.epochs;
        stepsPerEpoch = builder.stepsPerEpoch;
        optimizer = builder.optimizer;
        rate = builder.rate;
        schedule = builder.schedule;
        factors = new LinkedHashMap<>(builder.factors);
        clip = builder.clip;
        averaging = builder.averaging;
        watch = Optional.ofNullable(builder.watch);
        patience = builder.patience;
        checkpoints = Optional.ofNullable(builder.checkpoints);
        identity = builder.identity;
        listener = builder.listener;
        cancelled = builder.cancelled;
    }

    /** Starts a plan: AdamW at rate 0.001, constant, nothing else. */
    public static Builder builder() {
        return new Builder();
    }

    long steps() {
        return (long) epochs * stepsPerEpoch;
    }

    /** The factor of a parameter's learning rate: that of the first pattern found in its name. */
    double factor(String parameter) {
        return factors.entrySet().stream()
                .filter(each -> each.getKey().matcher(parameter).find())
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(1.0);
    }

    /** Collects a plan. */
    public static final class Builder {
        private long seed = 1;
        private int epochs;
        private int stepsPerEpoch;
        private Optimizer optimizer = Optimizer.adamW(0);
        private double rate = 1e-3;
        private Schedule schedule = Schedule.constant();
        private final Map<Pattern, Double> factors = new LinkedHashMap<>();
        private OptionalDouble clip = OptionalDouble.empty();
        private OptionalDouble averaging = OptionalDouble.empty();
        private Watch watch;
        private OptionalInt patience = OptionalInt.empty();
        private Checkpoints checkpoints;
        private String identity = "";
        private Listener listener = (step, of, metrics) -> {};
        private BooleanSupplier cancelled = () -> false;

        private Builder() {}

        /** Everything random follows from it. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** Length of the run. */
        public Builder epochs(int count, int stepsEach) {
            Check.positive("epochs", count);
            Check.positive("steps per epoch", stepsEach);
            epochs = count;
            stepsPerEpoch = stepsEach;
            return this;
        }

        /** Optimizer, learning rate and how the rate changes. */
        public Builder optimizer(Optimizer value, double learningRate, Schedule over) {
            Check.positive("learning rate", learningRate);
            optimizer = Objects.requireNonNull(value, "optimizer");
            rate = learningRate;
            schedule = Objects.requireNonNull(over, "schedule");
            return this;
        }

        /** Multiplies the rate of parameters in whose names the pattern is found; first wins. */
        public Builder factor(String pattern, double factor) {
            Check.notNegative("factor", factor);
            factors.put(Pattern.compile(pattern), factor);
            return this;
        }

        /** Shortens the gradient of all parameters together to this Euclidean norm. */
        public Builder clip(double norm) {
            Check.positive("clip", norm);
            clip = OptionalDouble.of(norm);
            return this;
        }

        /** Also keeps an exponential average of the weights; it is what the run leaves behind. */
        public Builder averaging(double decay) {
            Check.fraction("decay of the average", decay);
            averaging = OptionalDouble.of(decay);
            return this;
        }

        /** Validates after each epoch; the run leaves the best weights behind. */
        public Builder validate(String metric, Better better, Validation validation) {
            watch = new Watch(metric, better, validation);
            return this;
        }

        /** Ends the run when this many epochs brought nothing better. */
        public Builder patience(int count) {
            Check.positive("patience", count);
            patience = OptionalInt.of(count);
            return this;
        }

        /** Keeps the run's state in a folder; a run with the same plan goes on from there. */
        public Builder checkpoints(Path folder, Duration every) {
            checkpoints = new Checkpoints(folder, every);
            return this;
        }

        /**
         * What else must be the same for a run to go on from a checkpoint: a digest of the data and
         * of what the objective depends on.
         */
        public Builder identity(String value) {
            identity = Objects.requireNonNull(value, "identity");
            return this;
        }

        /** Hears of each step. */
        public Builder listener(Listener value) {
            listener = Objects.requireNonNull(value, "listener");
            return this;
        }

        /** Asked after each step; once true the run writes a checkpoint and ends. */
        public Builder cancelledWhen(BooleanSupplier value) {
            cancelled = Objects.requireNonNull(value, "cancelled");
            return this;
        }

        /** The plan. IllegalStateException when its length is not given. */
        public TrainingPlan build() {
            if (epochs == 0) {
                throw new IllegalStateException("say how many epochs the run has");
            }
            if (patience.isPresent() && watch == null) {
                throw new IllegalStateException("patience needs a validation to look at");
            }
            return new TrainingPlan(this);
        }
    }
}
