package io.karu.training;

import io.karu.api.model.ModelRef;
import io.karu.learning.report.HtmlPage;
import io.karu.modelversion.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/**
 * {@code ./karu train TASK --data DIR [--out DIR] [--name NAME] [--version LABEL] [--seed N]
 * [--json]} and the recipe's own options: trains a model version and reports how.
 */
public final class Train {
    private static final Map<String, Recipe> RECIPES = recipes();

    private Train() {}

    private static Map<String, Recipe> recipes() {
        Map<String, Recipe> all = new TreeMap<>();
        ServiceLoader.load(Recipe.class).forEach(recipe -> all.put(recipe.task(), recipe));
        return all;
    }

    public static void main(String[] arguments) {
        List<String> words = new ArrayList<>(List.of(arguments));
        if (words.isEmpty() || words.contains("--help") || words.contains("-h")) {
            help();
            return;
        }
        boolean json = words.remove("--json");
        try {
            String task = words.remove(0);
            Recipe recipe = recipe(task);
            TrainingOrder order = order(recipe, words);
            String summary =
                    TrainingWorker.run(task, words, order, new ConsoleProgress(System.err));
            if (json) {
                System.out.print(Files.readString(reports(order).resolve("training.json")));
            } else {
                System.out.print(summary);
            }
        } catch (IllegalArgumentException | IOException e) {
            System.err.println("karu: train: " + e.getMessage());
            System.exit(2);
        } catch (Exception e) {
            System.err.println("karu: train: failed: " + e);
            e.printStackTrace();
            System.exit(1);
        }
    }

    /**
     * Trains in a worker, as the command does.
     *
     * @param words of the command line from the task on
     * @return folder of the version
     */
    public static Path inWorker(List<String> words, Progress progress) throws Exception {
        List<String> rest = new ArrayList<>(words.subList(1, words.size()));
        TrainingOrder order = order(recipe(words.get(0)), rest);
        TrainingWorker.run(words.get(0), rest, order, progress);
        return order.out();
    }

    /** Trains, and writes the report beside the version. */
    public static Trained run(Recipe recipe, TrainingOrder order, Progress progress)
            throws Exception {
        Trained trained = recipe.train(order, progress);
        trained.report().command(command(recipe, order)).seed(order.seed());
        trained.report().write(order.out());
        HtmlPage.write(reports(order).resolve("training.html"), trained.report());
        return trained;
    }

    /** What a person wants to know of a finished training. */
    static String summary(TrainingOrder order, Trained trained) {
        StringBuilder text = new StringBuilder();
        text.append("model ").append(order.out()).append(' ');
        text.append(trained.version().digest()).append('\n');
        for (Metric metric : trained.report().metrics()) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "  %-32s %.4f%s%n",
                            metric.name() + (metric.baseline() ? " (trivial)" : ""),
                            metric.value(),
                            metric.split().isEmpty() ? "" : " on " + metric.split()));
        }
        text.append("report ").append(reports(order).resolve("training.html")).append('\n');
        return text.toString();
    }

    /** The recipe of a task. IllegalArgumentException names those there are. */
    public static Recipe recipe(String task) {
        Recipe recipe = RECIPES.get(task);
        if (recipe == null) {
            throw new IllegalArgumentException(
                    "no task " + task + "; there are " + String.join(", ", RECIPES.keySet()));
        }
        return recipe;
    }

    /**
     * Reads a command line's options.
     *
     * @throws IllegalArgumentException naming the option that is unknown or wrong
     */
    static TrainingOrder order(Recipe recipe, List<String> words) {
        Map<String, String> given = new LinkedHashMap<>();
        for (int i = 0; i < words.size(); i += 2) {
            String word = words.get(i);
            if (!word.startsWith("--") || i + 1 == words.size()) {
                throw new IllegalArgumentException(
                        word.startsWith("--") ? word + " needs a value" : "unexpected " + word);
            }
            given.put(word.substring(2), words.get(i + 1));
        }
        String data = given.remove("data");
        if (data == null && recipe.needsData()) {
            throw new IllegalArgumentException("--data DIR is needed");
        }
        if (data != null && !Files.isDirectory(Path.of(data))) {
            throw new IllegalArgumentException("--data " + data + " is not a folder");
        }
        String name = ModelRef.requireName(given.getOrDefault("name", recipe.task()));
        String version = given.getOrDefault("version", "1");
        String seed = given.getOrDefault("seed", "1");
        Path out =
                given.containsKey("out")
                        ? Path.of(given.get("out"))
                        : home().resolve("trained").resolve(name + "-" + version);
        List.of("name", "version", "seed", "out").forEach(given::remove);
        Map<String, String> options = new LinkedHashMap<>();
        recipe.options().forEach((option, meant) -> options.put(option, meant.standard()));
        given.forEach(
                (option, value) -> {
                    if (options.replace(option, value) == null) {
                        throw new IllegalArgumentException(
                                "no option --"
                                        + option
                                        + "; "
                                        + recipe.task()
                                        + " takes --"
                                        + String.join(", --", options.keySet()));
                    }
                });
        try {
            return new TrainingOrder(
                    Path.of(data == null ? "" : data),
                    out,
                    name,
                    version,
                    Long.parseLong(seed),
                    options);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "--seed is \"" + seed + "\": a whole number is needed");
        }
    }

    private static Path reports(TrainingOrder order) {
        Path out = order.out().toAbsolutePath().normalize();
        return out.resolveSibling(out.getFileName() + ".reports");
    }

    private static Path home() {
        String home = System.getenv("KARU_HOME");
        return Path.of(home == null ? ".karu" : home);
    }

    private static String command(Recipe recipe, TrainingOrder order) {
        StringBuilder line = new StringBuilder("./karu train " + recipe.task());
        if (recipe.needsData()) {
            line.append(" --data ").append(order.data());
        }
        line.append(" --seed ").append(order.seed());
        recipe.options()
                .forEach(
                        (option, meant) -> {
                            String value = order.text(option);
                            if (!value.equals(meant.standard())) {
                                line.append(" --").append(option).append(' ').append(value);
                            }
                        });
        return line.toString();
    }

    private static void help() {
        System.out.println(
                "./karu train TASK --data DIR [--out DIR] [--name NAME] [--version LABEL] [--seed N] [--json]");
        for (Recipe recipe : RECIPES.values()) {
            System.out.printf("%n  %-10s %s%n", recipe.task(), recipe.description());
            recipe.options()
                    .forEach(
                            (option, meant) ->
                                    System.out.printf(
                                            "      --%-18s %s (%s)%n",
                                            option, meant.explanation(), meant.standard()));
        }
    }
}
