package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "fleet",
        description = "The gateways that the aggregator knows.",
        subcommands = {
            Fleet.Ls.class,
            Fleet.Show.class,
            Desired.class,
            Fleet.Add.class,
            Fleet.Remove.class
        })
final class Fleet {

    @Command(name = "list", description = "Every gateway with its state and the reason for it.")
    static final class Ls implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Override
        public void run() {
            output.answer(connection.open().get("/api/v1/gateways"), this::print);
        }

        private void print(JsonNode answer) {
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode gateway : answer.path("gateways")) {
                rows.add(
                        List.of(
                                text(gateway, "clientId"),
                                text(gateway, "state"),
                                health(gateway),
                                text(gateway.path("versions"), "kura"),
                                text(gateway, "lastSeen"),
                                remarks(gateway)));
            }
            output.table(
                    List.of("GATEWAY", "STATE", "HEALTH", "KURA", "LAST SEEN", "REASON"), rows);
        }
    }

    @Command(name = "show", description = "One gateway: health, packages, differences.")
    static final class Show implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "GATEWAY")
        private String clientId;

        @Override
        public void run() {
            output.answer(
                    connection.open().get("/api/v1/gateways/" + Api.encode(clientId)), this::print);
        }

        private void print(JsonNode detail) {
            JsonNode gateway = detail.path("gateway");
            output.line(clientId + "  " + text(gateway, "state") + "  " + remarks(gateway));
            JsonNode versions = gateway.path("versions");
            output.line(
                    "Kura "
                            + text(versions, "kura")
                            + ", Java "
                            + text(versions, "java")
                            + ", "
                            + text(versions, "architecture")
                            + ", last seen "
                            + text(gateway, "lastSeen"));
            detail.path("health")
                    .forEach(
                            check ->
                                    output.line(
                                            (check.path("ok").asBoolean() ? "ok    " : "FAILS ")
                                                    + text(check, "name")
                                                    + ": "
                                                    + text(check, "reason")));
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode installed : detail.path("packages")) {
                rows.add(
                        List.of(
                                text(installed, "name"),
                                text(installed, "version"),
                                bundles(installed)));
            }
            if (!rows.isEmpty()) {
                output.table(List.of("PACKAGE", "VERSION", "BUNDLES"), rows);
            }
            gateway.path("drift")
                    .forEach(
                            drift ->
                                    output.line(
                                            "differs: "
                                                    + text(drift, "subject")
                                                    + " wanted "
                                                    + text(drift, "wanted")
                                                    + ", found "
                                                    + text(drift, "found")
                                                    + ": "
                                                    + text(drift, "cause")));
        }

        private static String bundles(JsonNode installed) {
            List<String> states =
                    StreamSupport.stream(installed.path("bundles").spliterator(), false)
                            .map(bundle -> text(bundle, "name") + " " + text(bundle, "state"))
                            .toList();
            return String.join(", ", states);
        }
    }

    @Command(
            name = "add",
            description = "Register a gateway; its generated password is shown this once.")
    static final class Add implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "GATEWAY", description = "Kura's client id.")
        private String clientId;

        @Option(names = "--site", defaultValue = "", description = "Plant or place.")
        private String site;

        @Option(names = "--tag", description = "May be given more than once.")
        private List<String> tags = List.of();

        @Override
        public void run() {
            output.answer(
                    connection
                            .open()
                            .post(
                                    "/api/v1/gateways",
                                    Map.of("clientId", clientId, "site", site, "tags", tags)),
                    this::print);
        }

        private void print(JsonNode credentials) {
            output.line(
                    "Enter these in MqttDataTransport on the gateway; the password is not shown again.");
            output.table(
                    List.of("broker-url", text(credentials, "broker")),
                    List.of(
                            List.of("topic.context.account-name", text(credentials, "account")),
                            List.of("client-id", text(credentials, "clientId")),
                            List.of("username", text(credentials, "username")),
                            List.of("password", text(credentials, "password"))));
        }
    }

    @Command(name = "remove", description = "Remove a gateway; its credentials stop working.")
    static final class Remove implements Runnable {
        @Mixin private Connection connection;

        @Parameters(paramLabel = "GATEWAY")
        private String clientId;

        @Override
        public void run() {
            connection.open().delete("/api/v1/gateways/" + Api.encode(clientId));
        }
    }

    private static String health(JsonNode gateway) {
        if (!gateway.has("healthy")) {
            return "-";
        }
        return gateway.path("healthy").asBoolean() ? "ok" : "FAILS";
    }

    private static String remarks(JsonNode gateway) {
        List<String> remarks = new ArrayList<>(List.of(text(gateway, "reason")));
        if (gateway.hasNonNull("conflict")) {
            remarks.add("CONFLICT: " + text(gateway.path("conflict"), "reason"));
        }
        gateway.path("missing").forEach(missing -> remarks.add(missing.asText()));
        if (!gateway.path("drift").isEmpty()) {
            remarks.add(gateway.path("drift").size() + " differences from its desired state");
        }
        return String.join("; ", remarks);
    }
}
