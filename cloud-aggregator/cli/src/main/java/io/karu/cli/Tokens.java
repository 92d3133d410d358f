package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "token",
        description = "API tokens of one's programs.",
        subcommands = {Tokens.Ls.class, Tokens.Create.class, Tokens.Revoke.class})
final class Tokens {

    @Command(name = "list", description = "One's own tokens; an admin sees everybody's.")
    static final class Ls implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Override
        public void run() {
            output.answer(connection.open().get("/api/v1/tokens"), this::print);
        }

        private void print(JsonNode answer) {
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode token : answer.path("tokens")) {
                rows.add(
                        List.of(
                                text(token, "id"),
                                text(token, "name"),
                                text(token, "person"),
                                text(token, "role"),
                                text(token, "expiresAt"),
                                text(token, "lastUsedAt")));
            }
            output.table(List.of("TOKEN", "NAME", "PERSON", "ROLE", "EXPIRES", "LAST USED"), rows);
        }
    }

    @Command(name = "create", description = "Make a token; its secret is shown this once.")
    static final class Create implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "NAME", description = "What it is for.")
        private String name;

        @Option(names = "--role", description = "At most one's own, which it is when absent.")
        private String role;

        @Option(
                names = "--days",
                defaultValue = "90",
                description = "Until it expires, at most 366.")
        private int days;

        @Override
        public void run() {
            Map<String, Object> wanted = new HashMap<>(Map.of("name", name, "days", days));
            if (role != null) {
                wanted.put("role", People.upper(role));
            }
            output.answer(
                    connection.open().post("/api/v1/tokens", wanted),
                    made ->
                            output.line(
                                    text(made, "secret")
                                            + "\n  "
                                            + text(made.path("token"), "role")
                                            + " until "
                                            + text(made.path("token"), "expiresAt")
                                            + "; karu token revoke "
                                            + text(made.path("token"), "id")
                                            + " ends it"));
        }
    }

    @Command(name = "revoke", description = "End a token at once.")
    static final class Revoke implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "TOKEN", description = "Its id.")
        private String id;

        @Override
        public void run() {
            connection.open().delete("/api/v1/tokens/" + Api.encode(id));
            output.done("revoked", id);
        }
    }
}
