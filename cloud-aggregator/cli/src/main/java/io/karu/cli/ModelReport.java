package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "report",
        description = "What was measured of a model version: training, evaluation, compression.",
        subcommands = {ModelReport.Ls.class, ModelReport.Show.class, ModelReport.Upload.class})
final class ModelReport {
    private static final List<String> KINDS = List.of("training", "evaluation", "compression");

    private ModelReport() {}

    @Command(name = "list", description = "A version's reports, newest first.")
    static final class Ls implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "MODEL")
        private String name;

        @Parameters(index = "1", paramLabel = "VERSION")
        private String version;

        @Override
        public void run() {
            Api api = connection.open();
            output.answer(api.get(reports(api, name, version)), this::print);
        }

        private void print(JsonNode answer) {
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode report : answer.path("reports")) {
                rows.add(
                        List.of(
                                text(report, "kind"),
                                text(report, "createdAt"),
                                Output.digest(text(report, "digest")),
                                text(report, "storedBy")));
            }
            output.table(List.of("REPORT", "CREATED", "DIGEST", "STORED BY"), rows);
        }
    }

    @Command(name = "show", description = "The figures of the newest report of a kind.")
    static final class Show implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "MODEL")
        private String name;

        @Parameters(index = "1", paramLabel = "VERSION")
        private String version;

        @Parameters(
                index = "2",
                paramLabel = "KIND",
                description = "training, evaluation, compression")
        private String kind;

        @Override
        public void run() {
            Api api = connection.open();
            output.answer(
                    api.get(reports(api, name, version) + "/" + Api.encode(kind)), this::print);
        }

        private void print(JsonNode report) {
            output.line(text(report, "kind") + ", " + text(report, "createdAt"));
            if (report.hasNonNull("command")) {
                output.line(text(report, "command"));
            }
            List<List<String>> rows = new ArrayList<>();
            report.path("metrics").forEach(metric -> rows.add(row("-", metric)));
            for (JsonNode variant : report.path("variants")) {
                String one =
                        text(variant, "scope")
                                + " "
                                + text(variant, "variant")
                                + " "
                                + text(variant, "outcome");
                variant.path("metrics").forEach(metric -> rows.add(row(one, metric)));
            }
            output.table(List.of("VARIANT", "METRIC", "VALUE", "INTERVAL", "DATA"), rows);
        }

        private static List<String> row(String variant, JsonNode metric) {
            String interval =
                    metric.hasNonNull("low") && metric.hasNonNull("high")
                            ? number(metric, "low") + " to " + number(metric, "high")
                            : "-";
            return List.of(
                    variant,
                    text(metric, "name")
                            + (metric.path("baseline").asBoolean() ? " (trivial)" : ""),
                    number(metric, "value"),
                    interval,
                    (metric.path("data").asText() + " " + metric.path("split").asText()).strip());
        }

        private static String number(JsonNode metric, String field) {
            return String.format(Locale.ROOT, "%.4g", metric.path(field).asDouble());
        }
    }

    @Command(
            name = "upload",
            description =
                    "Keep reports beside a version: a folder with training.json, evaluation.json, compression.json and pictures/.")
    static final class Upload implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "MODEL")
        private String name;

        @Parameters(index = "1", paramLabel = "VERSION")
        private String version;

        @Parameters(index = "2", paramLabel = "FOLDER")
        private Path folder;

        @Override
        public void run() {
            Api api = connection.open();
            List<JsonNode> stored = upload(api, reports(api, name, version), folder);
            output.answer(
                    Api.JSON.valueToTree(stored),
                    all -> all.forEach(report -> output.line(line(report))));
        }
    }

    static String line(JsonNode report) {
        return text(report, "kind") + " report  " + Output.digest(text(report, "digest"));
    }

    /** Uploads every report of a folder; refuses one without any. */
    static List<JsonNode> upload(Api api, String path, Path folder) {
        List<JsonNode> stored = new ArrayList<>();
        for (String kind : KINDS) {
            Path json = folder.resolve(kind + ".json");
            if (Files.exists(json)) {
                Path zip = zip(folder, json);
                try {
                    stored.add(api.put(path + "/" + kind, zip, "application/zip"));
                } finally {
                    zip.toFile().delete();
                }
            }
        }
        if (stored.isEmpty()) {
            throw new Refused(
                    Refused.FAILED,
                    folder + ": no training.json, evaluation.json or compression.json in it");
        }
        return stored;
    }

    /** The reports' address of a version; the version by its label or digest. */
    static String reports(Api api, String name, String version) {
        return ofDigest(name, Model.digestOf(api, name, version));
    }

    static String ofDigest(String name, String digest) {
        return Model.address(name, digest) + "/reports";
    }

    private static Path zip(Path folder, Path json) {
        try {
            Set<String> pictures = new TreeSet<>();
            collect(Api.JSON.readTree(json.toFile()), pictures);
            Path zip = Files.createTempFile("karu-report", ".zip");
            try (ZipOutputStream entries = new ZipOutputStream(Files.newOutputStream(zip))) {
                add(entries, json.getFileName().toString(), json);
                for (String picture : pictures) {
                    Path file = folder.resolve(picture).normalize();
                    if (!file.startsWith(folder.resolve("pictures").normalize())) {
                        throw new IOException(picture + " is outside its folder");
                    }
                    add(entries, picture, file);
                }
            }
            return zip;
        } catch (IOException e) {
            throw new Refused(Refused.FAILED, json + " cannot be read: " + e.getMessage());
        }
    }

    private static void add(ZipOutputStream entries, String name, Path file) throws IOException {
        entries.putNextEntry(new ZipEntry(name));
        Files.copy(file, entries);
        entries.closeEntry();
    }

    private static void collect(JsonNode node, Set<String> pictures) {
        if (node.isTextual() && node.asText().startsWith("pictures/")) {
            pictures.add(node.asText());
        }
        node.forEach(child -> collect(child, pictures));
    }
}
