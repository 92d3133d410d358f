package io.karu.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Prints an answer for a person, or as JSON for a program. */
final class Output {
    @Option(names = "--json", description = "Print the aggregator's answer as JSON.")
    private boolean json;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Prints {@code answer} as JSON, or lets {@code print} tell it. */
    void answer(JsonNode answer, Consumer<JsonNode> print) {
        if (json) {
            line(pretty(answer));
        } else {
            print.accept(answer);
        }
    }

    /** Tells a program what was done; a person sees that by the absence of an error. */
    void done(String what, String subject) {
        if (json) {
            line(pretty(Api.JSON.createObjectNode().put(what, subject)));
        }
    }

    boolean asJson() {
        return json;
    }

    void line(String text) {
        PrintWriter out = command.commandLine().getOut();
        out.println(text);
        out.flush();
    }

    /** Columns as wide as their content. */
    void table(List<String> header, List<List<String>> rows) {
        List<List<String>> all = new ArrayList<>();
        all.add(header);
        all.addAll(rows);
        int[] widths =
                IntStream.range(0, header.size())
                        .map(
                                column ->
                                        all.stream()
                                                .mapToInt(row -> row.get(column).length())
                                                .max()
                                                .orElse(0))
                        .toArray();
        for (List<String> row : all) {
            line(
                    IntStream.range(0, row.size())
                            .mapToObj(
                                    column ->
                                            row.get(column)
                                                    + " "
                                                            .repeat(
                                                                    widths[column]
                                                                            - row.get(column)
                                                                                    .length()))
                            .collect(Collectors.joining("  "))
                            .stripTrailing());
        }
    }

    static String pretty(JsonNode node) {
        try {
            return Api.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A field's text; a dash when absent. */
    static String text(JsonNode node, String field) {
        return node.hasNonNull(field) ? node.path(field).asText() : "-";
    }

    /** A digest as people tell it. */
    static String digest(String digest) {
        String hex = digest.replace("sha256:", "");
        return hex.length() > 12 ? hex.substring(0, 12) : hex;
    }
}
