package io.karu.learning.djl;

/**
 * How gradients become changes of weights. A value; the arrays it needs belong to the {@link
 * TrainingRun}. Weight decay is decoupled from the gradient and applies to weights of two or more
 * axes only: not to biases and normalisations.
 */
public sealed interface Optimizer {
    /** Weight decay per unit of learning rate. */
    double decay();

    /**
     * Stochastic gradient descent with momentum: {@code v = momentum · v + g; w -= rate · v}.
     *
     * @param momentum 0 for none
     * @param decay decoupled weight decay
     */
    record Sgd(double momentum, double decay) implements Optimizer {
        public Sgd {
            Check.fraction("momentum", momentum);
            Check.notNegative("decay", decay);
        }
    }

    /**
     * Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).
     *
     * @param beta1 decay of the gradient's mean
     * @param beta2 decay of the squared gradient's mean
     * @param epsilon keeps the division finite
     * @param decay decoupled weight decay
     */
    record AdamW(double beta1, double beta2, double epsilon, double decay) implements Optimizer {
        public AdamW {
            Check.fraction("beta1", beta1);
            Check.fraction("beta2", beta2);
            Check.notNegative("decay", decay);
        }
    }

    /** Momentum 0.9. */
    static Optimizer sgd(double decay) {
        return new Sgd(0.9, decay);
    }

    /** The usual 0.9, 0.999 and 1e-8. */
    static Optimizer adamW(double decay) {
        return new AdamW(0.9, 0.999, 1e-8, decay);
    }
}
