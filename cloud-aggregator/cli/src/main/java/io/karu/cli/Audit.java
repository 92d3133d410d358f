package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "audit",
        description = "Who did what. The log can be read, never edited.",
        subcommands = {Audit.Ls.class, Audit.Verify.class, Audit.Export.class})
final class Audit {

    @Command(name = "list", description = "The newest lines first.")
    static final class Ls implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Option(names = "--actor", description = "Only of this person.")
        private String actor;

        @Option(names = "--text", description = "Only where action or subject contains it.")
        private String text;

        @Option(names = "--limit", defaultValue = "50")
        private int limit;

        @Override
        public void run() {
            String query =
                    "?limit="
                            + limit
                            + (actor == null ? "" : "&actor=" + Api.encode(actor))
                            + (text == null ? "" : "&text=" + Api.encode(text));
            output.answer(connection.open().get("/api/v1/audit" + query), this::print);
        }

        private void print(JsonNode answer) {
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode entry : answer.path("entries")) {
                rows.add(
                        List.of(
                                text(entry, "sequence"),
                                text(entry, "at"),
                                text(entry, "actor"),
                                text(entry, "via"),
                                text(entry, "action"),
                                text(entry, "subject"),
                                text(entry, "outcome")));
            }
            output.table(List.of("LINE", "AT", "WHO", "VIA", "ACTION", "SUBJECT", "OUTCOME"), rows);
        }
    }

    @Command(
            name = "verify",
            description = "Follow the whole chain; exit code 1 when it was tampered with.")
    static final class Verify implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Override
        public void run() {
            JsonNode found = connection.open().get("/api/v1/audit/verification");
            output.answer(found, this::print);
            if (!found.path("intact").asBoolean()) {
                throw new Refused(Refused.FAILED, "the audit log: " + text(found, "reason"));
            }
        }

        private void print(JsonNode found) {
            output.line(
                    text(found, "lines")
                            + " lines follow each other; the last has the hash "
                            + text(found, "head"));
        }
    }

    @Command(name = "export", description = "Every line as JSON into a new file.")
    static final class Export implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "FILE")
        private Path file;

        @Override
        public void run() {
            if (Files.exists(file)) {
                throw new Refused(Refused.FAILED, file + " exists; name a new file");
            }
            connection.open().fetch("/api/v1/audit/export", file);
            output.done("exported", file.toString());
        }
    }
}
