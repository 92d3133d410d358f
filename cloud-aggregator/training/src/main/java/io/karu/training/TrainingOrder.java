package io.karu.training;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/**
 * What is to be trained.
 *
 * @param data folder of the data
 * @param out folder that takes the model version
 * @param name of the model
 * @param version label of the version
 * @param seed of every random choice
 * @param options of the recipe, each with a value
 */
public record TrainingOrder(
        Path data, Path out, String name, String version, long seed, Map<String, String> options) {
    public TrainingOrder {
        Objects.requireNonNull(data, "data");
        Objects.requireNonNull(out, "out");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(version, "version");
        options = Map.copyOf(options);
    }

    /** Where an unfinished training keeps its state: beside the version. */
    public Path state() {
        Path folder = out.toAbsolutePath().normalize();
        return folder.resolveSibling(folder.getFileName() + ".state");
    }

    /** An option's text. */
    public String text(String option) {
        String value = options.get(option);
        if (value == null) {
            throw new IllegalArgumentException("the recipe has no option --" + option);
        }
        return value;
    }

    /** An option's whole number of at least {@code least}. */
    public int integer(String option, int least) {
        String value = text(option);
        try {
            int number = Integer.parseInt(value);
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "--" + option + " is \"" + value + "\": a whole number is needed");
        }
        throw new IllegalArgumentException(
                "--" + option + " is " + value + ": at least " + least + " is needed");
    }

    /** An option's number. */
    public double number(String option) {
        String value = text(option);
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "--" + option + " is \"" + value + "\": a number is needed");
        }
    }
}
