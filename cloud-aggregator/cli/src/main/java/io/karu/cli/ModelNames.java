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

/** Aliases, tags and descriptions of models, and the end of versions. */
final class ModelNames {
    private ModelNames() {}

    private static String model(String name) {
        return "/api/v1/registry/" + Api.encode(name);
    }

    static String version(String name, String digest) {
        return model(name) + "/versions/" + Api.encode(digest);
    }

    /** The address of a model, or of one of its versions where one is named. */
    private static String of(Api api, String name, String version) {
        return version == null ? model(name) : version(name, Model.digestOf(api, name, version));
    }

    @Command(
            name = "alias",
            description =
                    "Show what the aliases of a model mean, or let ALIAS mean VERSION. Changes no gateway.")
    static final class Alias implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "MODEL")
        private String name;

        @Parameters(index = "1", paramLabel = "ALIAS", arity = "0..1")
        private String alias;

        @Parameters(index = "2", paramLabel = "VERSION", arity = "0..1")
        private String version;

        @Option(names = "--site", description = "At this site only.")
        private String site;

        @Option(names = "--remove", description = "Remove ALIAS.")
        private boolean remove;

        @Override
        public void run() {
            Api api = connection.open();
            if (alias == null) {
                output.answer(api.get(model(name)), this::print);
                return;
            }
            String path = model(name) + "/aliases/" + Api.encode(alias);
            if (remove) {
                api.delete(path + (site == null ? "" : "?site=" + Api.encode(site)));
                output.line(alias + " is removed");
                return;
            }
            if (version == null) {
                throw new Refused(Refused.USAGE, "name a VERSION for " + alias);
            }
            Map<String, String> move = new HashMap<>();
            move.put("digest", Model.digestOf(api, name, version));
            if (site != null) {
                move.put("site", site);
            }
            output.answer(api.put(path, move), moved -> output.line(line(moved)));
        }

        private void print(JsonNode model) {
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode one : model.path("aliases")) {
                rows.add(
                        List.of(
                                text(one, "alias"),
                                where(one),
                                Output.digest(text(one, "digest")),
                                text(one, "generation"),
                                text(one, "movedAt"),
                                text(one, "movedBy")));
            }
            output.table(List.of("ALIAS", "WHERE", "DIGEST", "GENERATION", "MOVED", "BY"), rows);
        }

        private static String where(JsonNode alias) {
            String at = text(alias, "site");
            return at.isEmpty() ? "everywhere" : at;
        }

        private static String line(JsonNode alias) {
            return text(alias, "alias")
                    + " means "
                    + Output.digest(text(alias, "digest"))
                    + " "
                    + where(alias);
        }
    }

    @Command(
            name = "tag",
            description = "Set KEY=VALUE on a model, or with --version on one of its versions.")
    static final class Tag implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "MODEL")
        private String name;

        @Parameters(index = "1", paramLabel = "KEY=VALUE|KEY")
        private String tag;

        @Option(names = "--version", paramLabel = "VERSION")
        private String version;

        @Option(names = "--remove", description = "Remove KEY.")
        private boolean remove;

        @Override
        public void run() {
            Api api = connection.open();
            String of = of(api, name, version);
            int equals = tag.indexOf('=');
            if (!remove && equals < 1) {
                throw new Refused(Refused.USAGE, tag + ": expected KEY=VALUE");
            }
            String key = equals < 1 ? tag : tag.substring(0, equals);
            String path = of + "/tags/" + Api.encode(key);
            if (remove) {
                api.delete(path);
            } else {
                api.put(path, Map.of("value", tag.substring(equals + 1)));
            }
            output.answer(api.get(of), told -> output.line(told.path("tags").toString()));
        }
    }

    @Command(
            name = "describe",
            description = "Write a sentence on a model, or with --version on one of its versions.")
    static final class Describe implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "MODEL")
        private String name;

        @Parameters(index = "1", paramLabel = "TEXT")
        private String description;

        @Option(names = "--version", paramLabel = "VERSION")
        private String version;

        @Override
        public void run() {
            Api api = connection.open();
            String of = of(api, name, version);
            output.answer(
                    api.put(of, Map.of("description", description)),
                    told -> output.line(text(told, "description")));
        }
    }

    @Command(
            name = "rm",
            description = "Remove a version that no alias means and no gateway has or should have.")
    static final class Remove implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "MODEL")
        private String name;

        @Parameters(index = "1", paramLabel = "VERSION")
        private String version;

        @Override
        public void run() {
            Api api = connection.open();
            String digest = Model.digestOf(api, name, version);
            api.delete(version(name, digest));
            output.answer(
                    Api.JSON.createObjectNode().put("removed", digest),
                    gone -> output.line(name + " " + Output.digest(digest) + " is removed"));
        }
    }
}
