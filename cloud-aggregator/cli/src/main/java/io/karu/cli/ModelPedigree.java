package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Where versions come from and run, what they are beside each other, and of what they are made. */
final class ModelPedigree {
    private ModelPedigree() {}

    @Command(
            name = "lineage",
            description = "Data, training runs, versions and the stations that decide with them.")
    static final class Lineage implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "MODEL")
        private String name;

        @Override
        public void run() {
            output.answer(
                    connection.open().get("/api/v1/registry/" + Api.encode(name) + "/lineage"),
                    this::print);
        }

        private void print(JsonNode graph) {
            Map<String, JsonNode> nodes = new HashMap<>();
            graph.path("nodes").forEach(node -> nodes.put(text(node, "id"), node));
            for (JsonNode node : graph.path("nodes")) {
                StringBuilder line = new StringBuilder(label(node));
                List<String> aliases = new ArrayList<>();
                node.path("aliases").forEach(alias -> aliases.add(alias.asText()));
                if (!aliases.isEmpty()) {
                    line.append("  [").append(String.join(", ", aliases)).append(']');
                }
                output.line(line.toString());
                for (JsonNode edge : graph.path("edges")) {
                    if (text(edge, "to").equals(text(node, "id"))) {
                        String what = text(edge, "what");
                        output.line(
                                "  <- "
                                        + label(nodes.get(text(edge, "from")))
                                        + (what.isEmpty() ? "" : "  (" + what + ")"));
                    }
                }
            }
        }

        private static String label(JsonNode node) {
            String digest = text(node, "digest");
            return text(node, "kind").toLowerCase(Locale.ROOT)
                    + " "
                    + text(node, "label")
                    + (digest.isEmpty() ? "" : " " + Output.digest(digest));
        }
    }

    @Command(name = "compare", description = "Versions of a model side by side.")
    static final class Compare implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "MODEL")
        private String name;

        @Parameters(index = "1..*", arity = "2..8", paramLabel = "VERSION")
        private List<String> versions;

        @Option(names = "--all", description = "Also what does not differ.")
        private boolean all;

        @Override
        public void run() {
            Api api = connection.open();
            String digests =
                    String.join(
                            ",", versions.stream().map(v -> Model.digestOf(api, name, v)).toList());
            output.answer(
                    api.get(
                            "/api/v1/registry/"
                                    + Api.encode(name)
                                    + "/comparison?versions="
                                    + Api.encode(digests)),
                    this::print);
        }

        private void print(JsonNode comparison) {
            List<String> header = new ArrayList<>(List.of(""));
            comparison
                    .path("versions")
                    .forEach(
                            v ->
                                    header.add(
                                            text(v, "version")
                                                    + " "
                                                    + Output.digest(text(v, "digest"))));
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode row : comparison.path("rows")) {
                if (all || row.path("differs").asBoolean()) {
                    List<String> cells = new ArrayList<>();
                    cells.add(
                            text(row, "group")
                                    + ": "
                                    + text(row, "name")
                                    + (row.path("significant").asBoolean() ? " *" : ""));
                    row.path("values").forEach(value -> cells.add(cell(value)));
                    rows.add(cells);
                }
            }
            output.table(header, rows);
            output.line("* the intervals lie beside each other");
        }

        private static String cell(JsonNode value) {
            if (value.isNull()) {
                return "-";
            }
            if (!value.isObject() || !value.has("value")) {
                return value.isValueNode() ? value.asText() : value.toString();
            }
            return text(value, "value")
                    + (value.has("low")
                            ? " (" + text(value, "low") + " to " + text(value, "high") + ")"
                            : "");
        }
    }

    @Command(name = "bom", description = "A version's bill of materials: CycloneDX 1.6 as JSON.")
    static final class Bom implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "MODEL")
        private String name;

        @Parameters(index = "1", paramLabel = "VERSION")
        private String version;

        @Override
        public void run() {
            Api api = connection.open();
            JsonNode bom =
                    api.get(ModelNames.version(name, Model.digestOf(api, name, version)) + "/bom");
            output.answer(bom, document -> output.line(document.toPrettyString()));
        }
    }
}
