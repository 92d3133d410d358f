package io.karu.training;

import java.util.Map;

/** Trains models of one task; found as a service. */
public interface Recipe {
    /** The word after {@code ./karu train}. */
    String task();

    /** One sentence: what it trains on what. */
    String description();

    /** Whether it takes {@code --data}; false where it makes its data itself. */
    default boolean needsData() {
        return true;
    }

    /**
     * The options it takes, each with its value when it is not given, in the order in which they
     * are explained; without the dashes.
     */
    Map<String, Option> options();

    /**
     * Trains.
     *
     * @param order with a value for every option
     * @param progress told how far it is
     * @throws IllegalArgumentException naming the option or the data that is wrong
     */
    Trained train(TrainingOrder order, Progress progress) throws Exception;

    /**
     * An option of a recipe.
     *
     * @param standard value when it is not given
     * @param explanation half a sentence
     */
    record Option(String standard, String explanation) {}
}
