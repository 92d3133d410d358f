package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "model",
        description = "Models and their versions. VERSION is the author's label or a digest.",
        subcommands = {
            Model.Upload.class,
            Model.Ls.class,
            Model.Install.class,
            Model.Activate.class,
            Model.Rollback.class,
            ModelReport.class,
            ModelNames.Alias.class,
            ModelNames.Tag.class,
            ModelNames.Describe.class,
            ModelNames.Remove.class,
            ModelPedigree.Lineage.class,
            ModelPedigree.Compare.class,
            ModelPedigree.Bom.class,
            ModelCompress.class
        })
final class Model {

    @Command(
            name = "upload",
            description =
                    "Upload a version: a folder with model.onnx, model.json, golden/, or a zip of it. Reports in FOLDER.reports/ come along.")
    static final class Upload implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "FOLDER|ZIP")
        private Path source;

        @Override
        public void run() {
            Path zip = Files.isDirectory(source) ? zip(source) : source;
            try {
                Api api = connection.open();
                JsonNode version = api.upload("/api/v1/models", zip, "application/zip");
                List<JsonNode> reports = reports(api, version);
                output.answer(version, uploaded -> print(uploaded, reports));
            } finally {
                if (!zip.equals(source)) {
                    zip.toFile().delete();
                }
            }
        }

        private void print(JsonNode version, List<JsonNode> reports) {
            output.line(
                    text(version, "name")
                            + " "
                            + text(version, "version")
                            + "  "
                            + text(version, "digest"));
            reports.forEach(report -> output.line(ModelReport.line(report)));
        }

        private List<JsonNode> reports(Api api, JsonNode version) {
            Path whole = source.toAbsolutePath().normalize();
            Path folder = whole.resolveSibling(whole.getFileName() + ".reports");
            return Files.isDirectory(source) && Files.isDirectory(folder)
                    ? ModelReport.upload(
                            api,
                            ModelReport.ofDigest(text(version, "name"), text(version, "digest")),
                            folder)
                    : List.of();
        }

        private static Path zip(Path folder) {
            try {
                Path zip = Files.createTempFile("karu-model", ".zip");
                try (OutputStream file = Files.newOutputStream(zip);
                        ZipOutputStream entries = new ZipOutputStream(file);
                        Stream<Path> content = Files.walk(folder)) {
                    for (Path path : content.filter(Files::isRegularFile).sorted().toList()) {
                        entries.putNextEntry(
                                new ZipEntry(
                                        folder.relativize(path).toString().replace('\\', '/')));
                        Files.copy(path, entries);
                        entries.closeEntry();
                    }
                }
                return zip;
            } catch (IOException e) {
                throw new Refused(Refused.FAILED, folder + " cannot be read: " + e.getMessage());
            }
        }
    }

    @Command(
            name = "list",
            description = "Every version, newest first; with --gateway those on it.")
    static final class Ls implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Option(names = "--gateway", paramLabel = "GATEWAY", description = "What this one has.")
        private String gateway;

        @Override
        public void run() {
            Api api = connection.open();
            if (gateway == null) {
                output.answer(api.get("/api/v1/models"), this::versions);
            } else {
                output.answer(
                        api.get("/api/v1/gateways/" + Api.encode(gateway) + "/models"),
                        this::installed);
            }
        }

        private void versions(JsonNode answer) {
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode version : answer.path("versions")) {
                rows.add(
                        List.of(
                                text(version, "name"),
                                text(version, "version"),
                                Output.digest(text(version, "digest")),
                                text(version.path("card"), "task"),
                                text(version, "registeredAt")));
            }
            output.table(List.of("MODEL", "VERSION", "DIGEST", "TASK", "REGISTERED"), rows);
        }

        private void installed(JsonNode answer) {
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode model : answer.path("models")) {
                List<String> aliases = new ArrayList<>();
                model.path("aliases").forEach(alias -> aliases.add(alias.asText()));
                rows.add(
                        List.of(
                                text(model, "name"),
                                text(model, "version"),
                                Output.digest(text(model, "digest")),
                                String.join(",", aliases),
                                text(model, "state"),
                                text(model, "reason")));
            }
            output.table(List.of("MODEL", "VERSION", "DIGEST", "ALIASES", "STATE", "REASON"), rows);
        }
    }

    @Command(
            name = "install",
            description =
                    "Install a version on gateways, and follow it. Installing is not activating.")
    static final class Install implements Callable<Integer> {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "MODEL")
        private String name;

        @Parameters(index = "1", paramLabel = "VERSION")
        private String version;

        @Parameters(index = "2..*", arity = "1..*", paramLabel = "GATEWAY")
        private List<String> gateways;

        @Option(names = "--no-wait", description = "Return when the jobs are queued.")
        private boolean noWait;

        @Override
        public Integer call() {
            Api api = connection.open();
            String path = address(name, digestOf(api, name, version)) + "/install";
            return new Follow(api, output)
                    .created(api.post(path, Map.of("gateways", gateways)), noWait);
        }
    }

    @Command(name = "activate", description = "Let an installed version decide, and follow it.")
    static final class Activate implements Callable<Integer> {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "MODEL")
        private String name;

        @Parameters(index = "1", paramLabel = "VERSION")
        private String version;

        @Parameters(index = "2", paramLabel = "GATEWAY")
        private String gateway;

        @Option(
                names = "--alias",
                defaultValue = "champion",
                description = "Default ${DEFAULT-VALUE}.")
        private String alias;

        @Option(names = "--no-wait", description = "Return when the job is queued.")
        private boolean noWait;

        @Override
        public Integer call() {
            Api api = connection.open();
            Map<String, String> order =
                    Map.of("digest", digestOf(api, name, version), "alias", alias);
            return new Follow(api, output)
                    .one(api.post(on(gateway, name) + "/activate", order), noWait);
        }
    }

    @Command(
            name = "rollback",
            description = "Go back to the version that decided before, and follow it.")
    static final class Rollback implements Callable<Integer> {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(index = "0", paramLabel = "MODEL")
        private String name;

        @Parameters(index = "1", paramLabel = "GATEWAY")
        private String gateway;

        @Option(
                names = "--alias",
                defaultValue = "champion",
                description = "Default ${DEFAULT-VALUE}.")
        private String alias;

        @Option(names = "--no-wait", description = "Return when the job is queued.")
        private boolean noWait;

        @Override
        public Integer call() {
            Api api = connection.open();
            return new Follow(api, output)
                    .one(api.post(on(gateway, name) + "/rollback", Map.of("alias", alias)), noWait);
        }
    }

    private static String on(String gateway, String name) {
        return "/api/v1/gateways/" + Api.encode(gateway) + "/models/" + Api.encode(name);
    }

    /** Where a version is found. */
    static String address(String name, String digest) {
        return "/api/v1/models/" + Api.encode(name) + "/versions/" + Api.encode(digest);
    }

    /** A label, whole digest or its beginning as the whole digest of one version. */
    static String digestOf(Api api, String name, String version) {
        List<String> matching = new ArrayList<>();
        for (JsonNode known : api.get("/api/v1/models/" + Api.encode(name)).path("versions")) {
            String digest = text(known, "digest");
            boolean beginning =
                    version.length() >= 8
                            && digest.replace("sha256:", "")
                                    .startsWith(version.replace("sha256:", ""));
            if (text(known, "version").equals(version) || beginning) {
                matching.add(digest);
            }
        }
        if (matching.size() != 1) {
            throw new Refused(
                    Refused.FAILED,
                    "MODEL_NOT_FOUND: "
                            + matching.size()
                            + " versions of "
                            + name
                            + " are called "
                            + version
                            + (matching.isEmpty() ? "" : "; give a digest"));
        }
        return matching.get(0);
    }
}
