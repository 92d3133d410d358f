package io.karu.bench;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.ModelException;
import io.karu.bench.evaluation.Evaluated;
import io.karu.bench.evaluation.Evaluations;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.goldentemplate.GoldenTemplateModels;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.data.Layout;
import io.karu.learning.data.Part;
import io.karu.learning.report.HtmlPage;
import io.karu.modelversion.ModelVersionFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * {@code ./karu evaluate MODEL --data DIR [--layout NAME] [--part test|train|val|all] [--fold K]
 * [--json] [--html FILE] [--report]}: a model version against labelled data, beside a trivial
 * baseline.
 *
 * <p>MODEL is the folder of a model version, or {@code golden-template-1} or {@code -2} as built.
 * DIR has one of the layouts of {@link Layout}. {@code --report} writes the report beside the
 * version.
 */
public final class Evaluate {
    private static final String USAGE =
            "expected MODEL --data DIR [--layout NAME] [--part test|train|val|all] [--fold K] [--json] [--html FILE] [--report]";

    private Evaluate() {}

    public static void main(String[] arguments) throws Exception {
        List<String> words = new ArrayList<>(Arrays.asList(arguments));
        boolean json = words.remove("--json");
        boolean keeps = words.remove("--report");
        try {
            String data = option(words, "--data", "");
            String layout = option(words, "--layout", "");
            String part = option(words, "--part", "");
            String fold = option(words, "--fold", "");
            String html = option(words, "--html", "");
            if (words.size() != 1 || data.isEmpty()) {
                throw new IllegalArgumentException(USAGE);
            }
            Path model = model(words.get(0));
            DataSet read =
                    layout.isEmpty()
                            ? DataSets.read(Path.of(data))
                            : DataSets.read(Path.of(data), Layout.named(layout));
            DataSet chosen = fold.isEmpty() ? part(read, part) : fold(read, fold);
            String named = fold.isEmpty() ? (part.isEmpty() ? "test" : part) : "fold " + fold;
            Evaluated evaluated = evaluate(model, chosen, named);
            evaluated.report().command("./karu evaluate " + String.join(" ", arguments));
            if (!html.isEmpty()) {
                HtmlPage.write(Path.of(html), evaluated.report());
            }
            if (keeps) {
                evaluated.report().write(model);
            }
            System.exit(Bench.finish(evaluated.table(), json));
        } catch (IllegalArgumentException | IOException | ModelException e) {
            System.err.println("karu: evaluate: " + e.getMessage());
            System.exit(2);
        }
    }

    /** Evaluates one model version. */
    static Evaluated evaluate(Path model, DataSet data, String part) throws Exception {
        ModelVersionFolder version = ModelVersionFolder.read(model);
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
                InferenceSession session =
                        engine.open(version.graph(), SessionOptions.SHARED_GATEWAY)) {
            return Evaluations.of(version, session, data, part);
        }
    }

    /** The part that is asked for; the test part, or everything where there is none. */
    static DataSet part(DataSet data, String name) {
        if (name.equals("all")) {
            return data;
        }
        if (name.isEmpty()) {
            DataSet test = data.part(Part.TEST);
            return test.samples().isEmpty() ? data : test;
        }
        Part part =
                Part.named(name)
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "--part " + name + ": test, train, val or all"));
        DataSet chosen = data.part(part);
        if (chosen.samples().isEmpty()) {
            throw new IllegalArgumentException(data.name() + " has no part " + name);
        }
        return chosen;
    }

    private static DataSet fold(DataSet data, String fold) {
        DataSet chosen = data.filter(sample -> sample.attribute("fold").equals(fold));
        if (chosen.samples().isEmpty()) {
            throw new IllegalArgumentException(data.name() + " has no fold " + fold);
        }
        return chosen;
    }

    private static Path model(String name) {
        Path folder = Path.of(name);
        if (Files.isDirectory(folder)) {
            return folder;
        }
        String root = System.getenv("KARU_ROOT");
        Path built =
                Path.of(root == null ? "." : root)
                        .resolve("cloud-aggregator/golden-template/target/models")
                        .resolve(name.equals(GoldenTemplateModels.NAME) ? name + "-2" : name);
        if (!Files.isDirectory(built)) {
            throw new IllegalArgumentException(
                    "no model version at " + folder + ", and none named " + name + " is built");
        }
        return built;
    }

    private static String option(List<String> words, String name, String otherwise) {
        int at = words.indexOf(name);
        if (at < 0) {
            return otherwise;
        }
        if (at + 1 == words.size()) {
            throw new IllegalArgumentException(name + " needs a value");
        }
        words.remove(at);
        return words.remove(at);
    }
}
