package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "deployments",
        description = "Jobs on gateways.",
        subcommands = {
            Deployments.Ls.class,
            Deployments.Show.class,
            Deployments.Retry.class,
            Deployments.Cancel.class
        })
final class Deployments {

    @Command(name = "list", description = "The newest jobs.")
    static final class Ls implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Option(names = "--gateway", paramLabel = "GATEWAY", description = "Only of this one.")
        private String gateway;

        @Option(names = "--limit", defaultValue = "20", description = "Default ${DEFAULT-VALUE}.")
        private int limit;

        @Override
        public void run() {
            String of = gateway == null ? "" : "&gateway=" + Api.encode(gateway);
            output.answer(
                    connection.open().get("/api/v1/deployments?limit=" + limit + of),
                    answer ->
                            answer.path("deployments")
                                    .forEach(d -> output.line(Follow.describe(d))));
        }
    }

    @Command(name = "show", description = "One job with its steps.")
    static final class Show implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "JOB")
        private long id;

        @Override
        public void run() {
            output.answer(connection.open().get("/api/v1/deployments/" + id), this::print);
        }

        private void print(JsonNode deployment) {
            output.line(Follow.describe(deployment));
            deployment
                    .path("history")
                    .forEach(
                            step ->
                                    output.line(
                                            "  "
                                                    + text(step, "at")
                                                    + "  "
                                                    + text(step, "state")
                                                    + "  "
                                                    + text(step, "message")));
        }
    }

    @Command(name = "retry", description = "Try a job that failed again, and follow it.")
    static final class Retry implements Callable<Integer> {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "JOB")
        private long id;

        @Option(names = "--no-wait", description = "Return when the job is queued.")
        private boolean noWait;

        @Override
        public Integer call() {
            Api api = connection.open();
            JsonNode again = api.post("/api/v1/deployments/" + id + "/retry", java.util.Map.of());
            return new Follow(api, output).one(again, noWait);
        }
    }

    @Command(name = "cancel", description = "Cancel a job that has not begun to install.")
    static final class Cancel implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "JOB")
        private long id;

        @Override
        public void run() {
            output.answer(
                    connection
                            .open()
                            .post("/api/v1/deployments/" + id + "/cancel", java.util.Map.of()),
                    deployment -> output.line(Follow.describe(deployment)));
        }
    }
}
