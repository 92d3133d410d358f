package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "trust",
        description = "The keys that sign models.",
        subcommands = {Trust.Show.class, Trust.Rotate.class})
final class Trust {

    @Command(name = "show", description = "Which key signs, and which keys gateways trust.")
    static final class Show implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Override
        public void run() {
            output.answer(connection.open().get("/api/v1/trust"), trust -> print(output, trust));
        }
    }

    @Command(
            name = "rotate",
            description =
                    "Sign with a new key from now on. Gateways follow by a statement that the old key signs; its private half is destroyed.")
    static final class Rotate implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Option(
                names = "--revoke",
                description =
                        "What the old key signed is trusted no more, except where it decided before: for a stolen key. Versions are released again when they are installed.")
        private boolean revoke;

        @Override
        public void run() {
            output.answer(
                    connection.open().post("/api/v1/trust/rotation", Map.of("revoke", revoke)),
                    trust -> print(output, trust));
        }
    }

    private static void print(Output output, JsonNode trust) {
        output.line("signs: " + text(trust, "key") + " (" + text(trust, "algorithm") + ")");
        trust.path("anchors").forEach(anchor -> output.line("trusted: " + text(anchor, "id")));
        output.line("changes: " + text(trust, "changes"));
    }
}
