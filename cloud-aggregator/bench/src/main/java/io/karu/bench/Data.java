package io.karu.bench;

import io.karu.learning.data.DataException;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.data.DataSets.Checked;
import io.karu.learning.data.Layout;
import io.karu.learning.data.Part;
import io.karu.learning.data.Problem;
import io.karu.learning.data.Sample;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * {@code ./karu data check DIR [--layout NAME]}: reads a data set, decodes every image and names
 * what is wrong. {@code ./karu data convert DIR --to NAME --out DIR [--layout NAME]}: writes it in
 * another layout.
 */
public final class Data {
    private static final String USAGE =
            "expected check DIR [--layout NAME], or convert DIR --to NAME --out DIR [--layout NAME]; layouts are "
                    + java.util.Arrays.toString(Layout.values());

    private Data() {}

    public static void main(String[] arguments) {
        try {
            System.exit(run(new ArrayList<>(List.of(arguments)), System.out));
        } catch (IllegalArgumentException | IOException e) {
            System.err.println("karu: data: " + e.getMessage());
            System.exit(2);
        }
    }

    /** Returns 0 when nothing is wrong with the data, otherwise 1. */
    static int run(List<String> words, PrintStream out) throws IOException {
        Optional<Layout> layout = option(words, "--layout").map(Layout::named);
        Optional<String> to = option(words, "--to");
        Optional<String> target = option(words, "--out");
        if (words.size() == 2 && words.get(0).equals("check")) {
            return check(Path.of(words.get(1)), layout, out);
        }
        if (words.size() == 2
                && words.get(0).equals("convert")
                && to.isPresent()
                && target.isPresent()) {
            Layout wanted = Layout.named(to.get());
            Path from = Path.of(words.get(1));
            DataSet data =
                    DataSets.read(from, layout.isPresent() ? layout.get() : DataSets.detect(from));
            DataSets.write(data, wanted, Path.of(target.get()));
            out.println(data.samples().size() + " samples as " + wanted + " in " + target.get());
            return 0;
        }
        throw new IllegalArgumentException(USAGE);
    }

    private static int check(Path folder, Optional<Layout> layout, PrintStream out)
            throws IOException {
        Checked checked;
        try {
            checked = DataSets.check(folder, layout);
        } catch (DataException e) {
            e.problems().forEach(out::println);
            return 1;
        }
        DataSet data = checked.data();
        out.println(
                data.name()
                        + ": layout "
                        + data.layout()
                        + ", "
                        + data.labels().size()
                        + " classes, "
                        + data.samples().size()
                        + " samples");
        for (Part part : Part.values()) {
            DataSet samples = data.part(part);
            if (!samples.samples().isEmpty()) {
                out.println(
                        "  "
                                + (part == Part.NONE ? "no part" : part.folder())
                                + ": "
                                + samples.samples().size()
                                + " samples; "
                                + counts(samples));
            }
        }
        for (Problem problem : checked.problems()) {
            out.println(problem.kind() + "  " + problem);
        }
        out.println(
                checked.problems().isEmpty()
                        ? "nothing is wrong; " + data.digest()
                        : checked.problems().size() + " problems");
        return checked.problems().isEmpty() ? 0 : 1;
    }

    private static String counts(DataSet data) {
        Map<String, Integer> counts = new TreeMap<>();
        for (Sample sample : data.samples()) {
            sample.label().ifPresent(label -> counts.merge(label, 1, Integer::sum));
            sample.annotations().forEach(mark -> counts.merge(mark.label(), 1, Integer::sum));
        }
        StringBuilder text = new StringBuilder();
        counts.forEach(
                (label, count) ->
                        text.append(text.length() == 0 ? "" : ", ").append(label + " " + count));
        return text.toString();
    }

    private static Optional<String> option(List<String> words, String name) {
        int at = words.indexOf(name);
        if (at < 0) {
            return Optional.empty();
        }
        if (at + 1 == words.size()) {
            throw new IllegalArgumentException(name + " needs a value");
        }
        words.remove(at);
        return Optional.of(words.remove(at));
    }
}
