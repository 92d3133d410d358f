package io.karu.aggregator.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.registry.ModelVersion;
import io.karu.aggregator.registry.Registry;
import io.karu.aggregator.store.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * MLflow's proxied artifacts: {@code models/NAME/NUMBER/…} are the files of versions, read-only;
 * all other paths are files that wait to become a version.
 */
final class MlflowArtifactRoutes {
    private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts";
    private static final Pattern VERSION = Pattern.compile("models/([^/]+)/(\\d{1,9})(?:/(.*))?");
    private static final Pattern URI = Pattern.compile("mlflow-artifacts:(?://[^/]*)?/+(.+?)/*");

    private final Registry registry;

    MlflowArtifactRoutes(Services services) {
        this.registry = services.registry();
    }

    void install(RoutesConfig routes) {
        routes.get(ARTIFACTS, this::list, Access.PERSON);
        routes.get(ARTIFACTS + "/<path>", this::download, Access.PERSON);
        routes.put(ARTIFACTS + "/<path>", this::upload, Access.PERSON);
        routes.delete(ARTIFACTS + "/<path>", this::remove, Access.PERSON);
    }

    /** The path of uploaded files that a source names. */
    static String uploaded(String source) {
        Matcher uri = URI.matcher(source);
        if (!uri.matches() || uri.group(1).startsWith("models/")) {
            throw MlflowRoutes.invalid(
                    "source \""
                            + source
                            + "\": log the files to this registry (mlflow-artifacts:/…) and name that address");
        }
        return uri.group(1);
    }

    private void list(Context ctx) throws IOException {
        String path = Optional.ofNullable(ctx.queryParam("path")).orElse("").replaceAll("/+$", "");
        Matcher version = VERSION.matcher(path);
        ObjectNode answer = Json.MAPPER.createObjectNode();
        ArrayNode files = answer.putArray("files");
        Map<String, Optional<Long>> children =
                version.matches() ? ofVersion(version) : ofUploads(path);
        children.forEach(
                (name, size) -> {
                    ObjectNode file = files.addObject();
                    file.put("path", name);
                    file.put("is_dir", size.isEmpty());
                    size.ifPresent(bytes -> file.put("file_size", bytes));
                });
        ctx.json(answer);
    }

    /** Names directly below a folder of a version; sizes of files. */
    private Map<String, Optional<Long>> ofVersion(Matcher matcher) throws IOException {
        String below = matcher.group(3) == null ? "" : matcher.group(3) + "/";
        Map<String, Optional<Long>> children = new TreeMap<>();
        registry.content()
                .files(version(matcher))
                .forEach(
                        file -> {
                            if (file.path().startsWith(below)) {
                                String rest = file.path().substring(below.length());
                                int slash = rest.indexOf('/');
                                children.put(
                                        slash < 0 ? rest : rest.substring(0, slash),
                                        slash < 0 ? Optional.of(file.bytes()) : Optional.empty());
                            }
                        });
        return children;
    }

    private Map<String, Optional<Long>> ofUploads(String path) throws IOException {
        Map<String, Optional<Long>> children = new TreeMap<>();
        Path folder = path.isEmpty() ? null : registry.uploads().resolve(path);
        if (folder == null || !Files.isDirectory(folder)) {
            return children;
        }
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.toList()) {
                children.put(
                        entry.getFileName().toString(),
                        Files.isDirectory(entry)
                                ? Optional.empty()
                                : Optional.of(Files.size(entry)));
            }
        }
        return children;
    }

    private ModelVersion version(Matcher matcher) {
        int number = Integer.parseInt(matcher.group(2));
        List<ModelVersion> versions = registry.versions().versions(matcher.group(1));
        return versions.stream()
                .filter(version -> version.counter() == number)
                .findFirst()
                .orElseThrow(() -> absent(matcher.group()));
    }

    private void download(Context ctx) throws IOException {
        String path = ctx.pathParam("path");
        ctx.contentType("application/octet-stream");
        ctx.header("Content-Disposition", "attachment");
        Matcher matcher = VERSION.matcher(path);
        if (matcher.matches() && matcher.group(3) != null) {
            ModelVersion version = version(matcher);
            long bytes =
                    registry.content().files(version).stream()
                            .filter(file -> file.path().equals(matcher.group(3)))
                            .findFirst()
                            .orElseThrow(() -> absent(path))
                            .bytes();
            ctx.header("Content-Length", Long.toString(bytes));
            registry.content().copy(version, matcher.group(3), ctx.outputStream());
            return;
        }
        Path file = registry.uploads().resolve(path);
        if (!Files.isRegularFile(file)) {
            throw absent(path);
        }
        ctx.result(Files.newInputStream(file));
    }

    private void upload(Context ctx) throws IOException {
        try (InputStream content = Bodies.file(ctx, Bodies.LARGEST_MODEL)) {
            registry.uploads().put(writable(ctx.pathParam("path")), content);
        }
        ctx.json(Map.of());
    }

    private void remove(Context ctx) throws IOException {
        registry.uploads().remove(writable(ctx.pathParam("path")));
        ctx.json(Map.of());
    }

    private static String writable(String path) {
        if (path.equals("models") || path.startsWith("models/")) {
            throw MlflowRoutes.invalid("versions never change: " + path + " cannot be written");
        }
        return path;
    }

    private static AggregatorException absent(String path) {
        return new AggregatorException(Code.BLOB_NOT_FOUND, "there is no artifact " + path);
    }
}
