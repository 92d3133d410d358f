package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "people",
        description = "Who may log in: viewer, operator, engineer or admin.",
        subcommands = {
            People.Ls.class,
            People.Add.class,
            People.ChangeRole.class,
            People.Password.class,
            People.Remove.class
        })
final class People {

    @Command(name = "list", description = "Everybody with their role.")
    static final class Ls implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Override
        public void run() {
            output.answer(connection.open().get("/api/v1/people"), this::print);
        }

        private void print(JsonNode answer) {
            List<List<String>> rows = new ArrayList<>();
            answer.path("people")
                    .forEach(
                            person ->
                                    rows.add(
                                            List.of(
                                                    text(person, "name"),
                                                    text(person, "role"),
                                                    text(person, "createdAt"))));
            output.table(List.of("PERSON", "ROLE", "SINCE"), rows);
        }
    }

    @Command(name = "add", description = "Let somebody log in; the password is shown this once.")
    static final class Add implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "PERSON")
        private String name;

        @Parameters(index = "1", paramLabel = "ROLE")
        private String role;

        @Override
        public void run() {
            output.answer(
                    connection
                            .open()
                            .post("/api/v1/people", Map.of("name", name, "role", upper(role))),
                    answer -> printPassword(output, answer));
        }
    }

    @Command(name = "role", description = "Give somebody another role, at once.")
    static final class ChangeRole implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "PERSON")
        private String name;

        @Parameters(index = "1", paramLabel = "ROLE")
        private String role;

        @Override
        public void run() {
            output.answer(
                    connection.open().put(path(name), Map.of("role", upper(role))),
                    person -> output.line(text(person, "name") + " is " + text(person, "role")));
        }
    }

    @Command(name = "password", description = "Replace a forgotten password by a generated one.")
    static final class Password implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "PERSON")
        private String name;

        @Override
        public void run() {
            output.answer(
                    connection.open().post(path(name) + "/password", Map.of()),
                    answer -> printPassword(output, answer));
        }
    }

    @Command(name = "remove", description = "End somebody's access and their tokens.")
    static final class Remove implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "PERSON")
        private String name;

        @Override
        public void run() {
            connection.open().delete(path(name));
            output.done("removed", name);
        }
    }

    private static void printPassword(Output output, JsonNode answer) {
        output.line("Password of " + text(answer, "name") + ": " + text(answer, "password"));
    }

    private static String path(String name) {
        return "/api/v1/people/" + Api.encode(name);
    }

    static String upper(String role) {
        return role.toUpperCase(Locale.ROOT);
    }
}
