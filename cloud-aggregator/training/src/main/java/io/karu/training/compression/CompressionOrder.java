package io.karu.training.compression;

import io.karu.compression.Budget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code ./karu compress} shall do.
 *
 * @param subjects the models, the first is the one that is kept
 * @param budgets what may be lost; empty: half a point of the task's own metric
 * @param images for calibration
 * @param seed of every random choice
 * @param rounds timed runs of each variant
 * @param out folder of the chosen version
 * @param epochs of quantization-aware training, 0 for none
 * @param prune part of the multiply-accumulates to remove, 0 for none
 */
public record CompressionOrder(
        List<SubjectOrder> subjects,
        List<Budget> budgets,
        int images,
        long seed,
        int rounds,
        Path out,
        int epochs,
        double prune) {
    private static final Map<String, String> OPTIONS = new LinkedHashMap<>();

    static {
        OPTIONS.put(
                "calibration",
                "folder of good images, or of pairs; several products with commas; once for each model");
        OPTIONS.put(
                "evaluation",
                "folder of labelled images that decide; else a test part, else drawn defects");
        OPTIONS.put("boards", "generated boards as a further product (0), for each model");
        OPTIONS.put("split", "of magnetic tiles: differnet or tiles (differnet), for each model");
        OPTIONS.put("budget", "points that may be lost: 0.5, or image AUROC=0.5,pixel AUROC=1");
        OPTIONS.put("images", "calibration images (64)");
        OPTIONS.put("scope", "one-class or unified, for each model (by its products)");
        OPTIONS.put("seed", "of every random choice (1)");
        OPTIONS.put("rounds", "timed runs of each variant (200)");
        OPTIONS.put("out", "folder of the chosen version (MODEL-int8)");
        OPTIONS.put("qat", "epochs of quantization-aware training (0)");
        OPTIONS.put("prune", "part of the multiply-accumulates to remove (0)");
    }

    /**
     * One model with its data.
     *
     * @param scope {@code one-class} or {@code unified}; empty: by the number of products
     * @param calibration folders of good images, one or more products in each
     * @param evaluation labelled images
     * @param boards generated boards as a further product
     * @param split of data that have several
     */
    public record SubjectOrder(
            Path model,
            Optional<String> scope,
            List<Path> calibration,
            Optional<Path> evaluation,
            int boards,
            String split) {
        /** The folder of a model that takes one. */
        Path onlyCalibration() {
            if (calibration.size() != 1) {
                throw new IllegalArgumentException(
                        "--calibration names "
                                + calibration
                                + "; only an anomaly model of several products takes more than one");
            }
            return calibration.get(0);
        }
    }

    /** Whether something is trained. */
    boolean trains() {
        return epochs > 0 || prune > 0;
    }

    /** Where an unfinished training keeps its state: beside the version. */
    public Path state() {
        Path folder = out.toAbsolutePath().normalize();
        return folder.resolveSibling(folder.getFileName() + ".state");
    }

    /**
     * Reads a command line.
     *
     * @throws IllegalArgumentException naming the word that is wrong
     */
    public static CompressionOrder parse(List<String> words) {
        List<String> models = new ArrayList<>();
        Map<String, List<String>> given = new LinkedHashMap<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (!word.startsWith("--")) {
                models.add(word);
                continue;
            }
            String option = word.substring(2);
            if (!OPTIONS.containsKey(option)) {
                throw new IllegalArgumentException(
                        "no option "
                                + word
                                + "; there are --"
                                + String.join(", --", OPTIONS.keySet()));
            }
            if (++i == words.size()) {
                throw new IllegalArgumentException(word + " needs a value");
            }
            given.computeIfAbsent(option, o -> new ArrayList<>()).add(words.get(i));
        }
        if (models.isEmpty()) {
            throw new IllegalArgumentException("name the folder of a model version");
        }
        List<SubjectOrder> subjects = new ArrayList<>();
        for (int i = 0; i < models.size(); i++) {
            Path model = folder("MODEL", models.get(i));
            String calibration = at(given, "calibration", i, null);
            if (calibration == null) {
                throw new IllegalArgumentException("--calibration DIR is needed");
            }
            String evaluation = at(given, "evaluation", i, null);
            subjects.add(
                    new SubjectOrder(
                            model,
                            Optional.ofNullable(at(given, "scope", i, null))
                                    .map(CompressionOrder::scope),
                            Arrays.stream(calibration.split(","))
                                    .map(name -> folder("--calibration", name.trim()))
                                    .toList(),
                            Optional.ofNullable(evaluation).map(e -> folder("--evaluation", e)),
                            (int) parsed("boards", at(given, "boards", i, "0")),
                            at(given, "split", i, "differnet")));
        }
        Path first = subjects.get(0).model().toAbsolutePath().normalize();
        return new CompressionOrder(
                List.copyOf(subjects),
                budgets(given.getOrDefault("budget", List.of())),
                (int) number(given, "images", 64, 1),
                (long) number(given, "seed", 1, Long.MIN_VALUE),
                (int) number(given, "rounds", 200, 20),
                given.containsKey("out")
                        ? Path.of(given.get("out").get(0))
                        : first.resolveSibling(first.getFileName() + "-int8"),
                (int) number(given, "qat", 0, 0),
                number(given, "prune", 0, 0));
    }

    /** Explains the options. */
    public static String help() {
        StringBuilder text =
                new StringBuilder(
                        "./karu compress MODEL [MODEL …] --calibration DIR [--budget POINTS] [options]\n");
        OPTIONS.forEach(
                (option, meaning) ->
                        text.append(String.format(Locale.ROOT, "  --%-14s %s%n", option, meaning)));
        return text.append("  --json           print the report as JSON\n").toString();
    }

    /** The value for the i-th model; the last one given counts for those that follow. */
    private static String at(
            Map<String, List<String>> given, String option, int model, String standard) {
        List<String> values = given.get(option);
        return values == null ? standard : values.get(Math.min(model, values.size() - 1));
    }

    private static String scope(String word) {
        if (!word.equals("one-class") && !word.equals("unified")) {
            throw new IllegalArgumentException("--scope is " + word + ": one-class or unified");
        }
        return word;
    }

    private static Path folder(String what, String name) {
        if (!Files.isDirectory(Path.of(name))) {
            throw new IllegalArgumentException(what + " " + name + " is not a folder");
        }
        return Path.of(name);
    }

    private static List<Budget> budgets(List<String> words) {
        List<Budget> budgets = new ArrayList<>();
        for (String word : words) {
            for (String part : word.split(",")) {
                int sign = part.indexOf('=');
                String metric = sign < 0 ? "" : part.substring(0, sign).trim();
                budgets.add(
                        new Budget(
                                metric, parsed("budget", part.substring(sign + 1).trim()) / 100));
            }
        }
        return List.copyOf(budgets);
    }

    private static double number(
            Map<String, List<String>> given, String option, double standard, double least) {
        if (!given.containsKey(option)) {
            return standard;
        }
        double value = parsed(option, given.get(option).get(0));
        if (value < least) {
            throw new IllegalArgumentException(
                    "--" + option + " is " + value + ": at least " + least + " is needed");
        }
        return value;
    }

    private static double parsed(String option, String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "--" + option + " is \"" + text + "\": a number is needed");
        }
    }
}
