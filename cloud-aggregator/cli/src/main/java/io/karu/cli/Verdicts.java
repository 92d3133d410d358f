package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "verdicts",
        description = "What stations decide.",
        subcommands = Verdicts.Tail.class)
final class Verdicts {

    @Command(
            name = "tail",
            description =
                    "The newest verdicts, then each as it arrives. With --json one object a line.")
    static final class Tail implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Option(names = "--gateway", paramLabel = "GATEWAY", description = "Only of this one.")
        private String gateway;

        @Option(names = "--station", paramLabel = "STATION", description = "Only of this one.")
        private String station;

        @Option(
                names = "-n",
                defaultValue = "10",
                description = "How many old ones; default ${DEFAULT-VALUE}.")
        private int old;

        @Option(names = "--no-follow", description = "Return after the old ones.")
        private boolean noFollow;

        @Override
        public void run() {
            Api api = connection.open();
            if (old > 0) {
                List<JsonNode> newest = new ArrayList<>();
                api.get(
                                "/api/v1/verdicts?limit="
                                        + old
                                        + of("gateway", gateway)
                                        + of("station", station))
                        .path("verdicts")
                        .forEach(newest::add);
                Collections.reverse(newest);
                newest.forEach(this::print);
            }
            if (!noFollow) {
                api.events(
                        "verdict" + of("gateway", gateway),
                        (event, verdict) -> {
                            if (station == null || station.equals(text(verdict, "station"))) {
                                print(verdict);
                            }
                            return true;
                        });
            }
        }

        private static String of(String name, String value) {
            return value == null ? "" : "&" + name + "=" + Api.encode(value);
        }

        private void print(JsonNode verdict) {
            if (output.asJson()) {
                output.line(verdict.toString());
                return;
            }
            output.line(
                    text(verdict, "decidedAt")
                            + "  "
                            + text(verdict, "gateway")
                            + "  "
                            + text(verdict, "station")
                            + "  "
                            + text(verdict, "frame")
                            + "  "
                            + text(verdict, "decision")
                            + "  "
                            + text(verdict, "reason"));
        }
    }
}
