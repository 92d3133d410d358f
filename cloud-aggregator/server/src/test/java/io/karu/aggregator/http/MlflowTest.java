package io.karu.aggregator.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.karu.aggregator.registry.TestVersions;
import io.karu.aggregator.store.Json;
import io.karu.modelversion.ModelVersionFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Speaks as {@code mlflow.MlflowClient} does: query parameters with GET, JSON bodies with all else,
 * also with DELETE; artifacts by {@code mlflow-artifacts:/} addresses.
 */
class MlflowTest {
    private static final String MODELS = "registered-models/";
    private static final String VERSIONS = "model-versions/";

    @TempDir Path folder;
    private final HttpClient client = HttpClient.newHttpClient();
    private TestVersions made;
    private Face face;

    @BeforeEach
    void start() throws Exception {
        made = new TestVersions(folder);
        face =
                new Face(
                        folder,
                        (database, events) -> TestVersions.registry(folder, database, events));
    }

    @AfterEach
    void stop() throws Exception {
        face.close();
        made.close();
    }

    @Test
    void aModelIsCreatedFoundDescribedTaggedRenamedAndDeleted() throws Exception {
        JsonNode created =
                call(
                                "POST",
                                MODELS + "create",
                                """
                                {"name":"solder","tags":[{"key":"line","value":"1"}],"description":"joints"}""")
                        .path("registered_model");
        assertEquals("solder", created.path("name").asText());
        assertTrue(created.path("creation_timestamp").isNumber());
        error(400, "RESOURCE_ALREADY_EXISTS", "POST", MODELS + "create", "{\"name\":\"solder\"}");
        error(404, "RESOURCE_DOES_NOT_EXIST", "GET", MODELS + "get?name=none", "");
        error(400, "INVALID_PARAMETER_VALUE", "POST", MODELS + "create", "{}");
        error(400, "INVALID_PARAMETER_VALUE", "POST", MODELS + "create", "{\"name\":\"A B\"}");
        call("PATCH", MODELS + "update", "{\"name\":\"solder\",\"description\":\"all joints\"}");
        call("POST", MODELS + "set-tag", "{\"name\":\"solder\",\"key\":\"owner\",\"value\":\"q\"}");
        call("DELETE", MODELS + "delete-tag", "{\"name\":\"solder\",\"key\":\"line\"}");
        JsonNode renamed =
                call("POST", MODELS + "rename", "{\"name\":\"solder\",\"new_name\":\"joints\"}")
                        .path("registered_model");
        assertEquals("all joints", renamed.path("description").asText());
        assertEquals("[{\"key\":\"owner\",\"value\":\"q\"}]", renamed.path("tags").toString());
        call("DELETE", MODELS + "delete", "{\"name\":\"joints\"}");
        error(404, "RESOURCE_DOES_NOT_EXIST", "GET", MODELS + "get?name=joints", "");
    }

    @Test
    void modelsAreSearchedByFilterInPages() throws Exception {
        for (String name : List.of("a-1", "a-2", "a-3", "b-1")) {
            call(
                    "POST",
                    MODELS + "create",
                    "{\"name\":\""
                            + name
                            + "\",\"tags\":[{\"key\":\"x\",\"value\":\""
                            + name
                            + "\"}]}");
        }
        JsonNode first =
                call("GET", MODELS + "search?max_results=2&filter=" + query("name LIKE 'a-%'"), "");
        assertEquals(List.of("a-1", "a-2"), names(first));
        JsonNode second =
                call(
                        "GET",
                        MODELS
                                + "search?max_results=2&filter="
                                + query("name LIKE 'a-%'")
                                + "&page_token="
                                + first.path("next_page_token").asText(),
                        "");
        assertEquals(List.of("a-3"), names(second));
        assertFalse(second.has("next_page_token"));
        assertEquals(
                List.of("b-1", "a-3", "a-2", "a-1"),
                names(call("GET", MODELS + "search?order_by=" + query("name DESC"), "")));
        assertEquals(
                List.of("a-2"),
                names(
                        call(
                                "GET",
                                MODELS
                                        + "search?filter="
                                        + query("tags.`x` = 'a-2' and name ilike 'A%'"),
                                "")));
        error(
                400,
                "INVALID_PARAMETER_VALUE",
                "GET",
                MODELS + "search?filter=" + query("name ~ 'x'"),
                "");
    }

    @Test
    void aVersionIsLoggedRegisteredGivenAnAliasFoundByItAndDownloaded() throws Exception {
        ModelVersionFolder first = made.write("solder", "one", 0.9, Optional.empty());
        ModelVersionFolder second =
                made.write("solder", "one int8", 0.89, Optional.of(first.digest()));
        call("POST", MODELS + "create", "{\"name\":\"solder\"}");
        log(first, "incoming/run-1/model");
        JsonNode created =
                call(
                                "POST",
                                VERSIONS + "create",
                                """
                                {"name":"solder","source":"mlflow-artifacts:/incoming/run-1/model","run_id":"r1",
                                 "tags":[{"key":"line","value":"1"}],"description":"first"}""")
                        .path("model_version");
        assertEquals("1", created.path("version").asText());
        assertEquals("READY", created.path("status").asText());
        assertEquals("r1", created.path("run_id").asText());
        log(second, "incoming/run-2");
        call(
                "POST",
                VERSIONS + "create",
                "{\"name\":\"solder\",\"source\":\"mlflow-artifacts:/incoming/run-2\"}");
        call(
                "POST",
                MODELS + "alias",
                "{\"name\":\"solder\",\"alias\":\"champion\",\"version\":\"2\"}");
        JsonNode champion =
                call("GET", MODELS + "alias?name=solder&alias=champion", "").path("model_version");
        assertEquals("2", champion.path("version").asText());
        assertEquals("[\"champion\"]", champion.path("aliases").toString());
        assertEquals(
                "[{\"alias\":\"champion\",\"version\":\"2\"}]",
                call("GET", MODELS + "get?name=solder", "")
                        .path("registered_model")
                        .path("aliases")
                        .toString());
        assertEquals(
                "2",
                call("POST", MODELS + "get-latest-versions", "{\"name\":\"solder\"}")
                        .path("model_versions")
                        .path(0)
                        .path("version")
                        .asText());
        call(
                "POST",
                VERSIONS + "set-tag",
                "{\"name\":\"solder\",\"version\":\"2\",\"key\":\"tried\",\"value\":\"yes\"}");
        JsonNode found =
                call(
                        "GET",
                        VERSIONS + "search?filter=" + query("name='solder' AND tags.tried='yes'"),
                        "");
        assertEquals(1, found.path("model_versions").size());
        assertEquals(
                List.of("1", "2"),
                call("GET", VERSIONS + "search?order_by=" + query("version_number ASC"), "")
                        .path("model_versions")
                        .findValuesAsText("version"));
        String uri =
                call("GET", VERSIONS + "get-download-uri?name=solder&version=2", "")
                        .path("artifact_uri")
                        .asText();
        assertEquals(contentOf(second), download(uri.replace("mlflow-artifacts:/", ""), ""));

        error(
                409,
                "INVALID_STATE",
                "DELETE",
                VERSIONS + "delete",
                "{\"name\":\"solder\",\"version\":\"2\"}");
        error(
                404,
                "RESOURCE_DOES_NOT_EXIST",
                "GET",
                MODELS + "alias?name=solder&alias=challenger",
                "");
        call("DELETE", MODELS + "alias", "{\"name\":\"solder\",\"alias\":\"champion\"}");
        call("DELETE", VERSIONS + "delete", "{\"name\":\"solder\",\"version\":\"2\"}");
        error(404, "RESOURCE_DOES_NOT_EXIST", "GET", VERSIONS + "get?name=solder&version=2", "");
    }

    @Test
    void artifactsThatAreNoVersionAreRefusedWithTheReason() throws Exception {
        call("POST", MODELS + "create", "{\"name\":\"other\"}");
        ModelVersionFolder version = made.write("solder", "one", 0.9, Optional.empty());
        log(version, "in");
        assertTrue(
                error(
                                400,
                                "INVALID_PARAMETER_VALUE",
                                "POST",
                                VERSIONS + "create",
                                "{\"name\":\"other\",\"source\":\"mlflow-artifacts:/in\"}")
                        .contains("name is \"solder\""));
        for (String source :
                List.of(
                        "s3://bucket/model",
                        "mlflow-artifacts:/nothing",
                        "mlflow-artifacts:/../keys",
                        "mlflow-artifacts:/models/other/1",
                        "file:///etc")) {
            error(
                    400,
                    "INVALID_PARAMETER_VALUE",
                    "POST",
                    VERSIONS + "create",
                    "{\"name\":\"other\",\"source\":\"" + source + "\"}");
        }
        assertEquals(
                400,
                send("PUT", "mlflow-artifacts/artifacts/models/other/1/model.onnx", new byte[1])
                        .statusCode());
        assertEquals(
                401,
                client.send(
                                HttpRequest.newBuilder(
                                                URI.create(
                                                        face.server.url()
                                                                + MlflowRoutes.BASE
                                                                + MODELS
                                                                + "search"))
                                        .build(),
                                BodyHandlers.ofString())
                        .statusCode());
    }

    private void log(ModelVersionFolder version, String to) throws Exception {
        for (String path : version.files().keySet()) {
            byte[] content = Files.readAllBytes(version.root().resolve(path));
            HttpResponse<byte[]> answer =
                    send("PUT", "mlflow-artifacts/artifacts/" + to + "/" + path, content);
            assertEquals(200, answer.statusCode(), new String(answer.body()));
        }
    }

    /** As {@code mlflow.artifacts.download_artifacts} walks a folder. */
    private Map<String, String> download(String root, String path) throws Exception {
        String below = path.isEmpty() ? root : root + "/" + path;
        JsonNode listed =
                Json.tree(
                        new String(
                                send(
                                                "GET",
                                                "mlflow-artifacts/artifacts?path=" + query(below),
                                                new byte[0])
                                        .body()));
        Map<String, String> files = new TreeMap<>();
        for (JsonNode file : listed.path("files")) {
            String name = path.isEmpty() ? "" : path + "/";
            name += file.path("path").asText();
            if (file.path("is_dir").asBoolean()) {
                files.putAll(download(root, name));
            } else {
                byte[] content =
                        send("GET", "mlflow-artifacts/artifacts/" + root + "/" + name, new byte[0])
                                .body();
                assertEquals(file.path("file_size").asLong(), content.length);
                files.put(name, Arrays.toString(content));
            }
        }
        return files;
    }

    private static Map<String, String> contentOf(ModelVersionFolder version) {
        return version.files().keySet().stream()
                .collect(
                        Collectors.toMap(
                                path -> path,
                                path -> {
                                    try {
                                        return Arrays.toString(
                                                Files.readAllBytes(version.root().resolve(path)));
                                    } catch (IOException e) {
                                        throw new UncheckedIOException(e);
                                    }
                                }));
    }

    private static List<String> names(JsonNode answer) {
        List<String> names = new ArrayList<>();
        answer.path("registered_models").forEach(model -> names.add(model.path("name").asText()));
        return names;
    }

    private static String query(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private JsonNode call(String method, String path, String json) throws Exception {
        HttpResponse<byte[]> answer = send(method, "mlflow/" + path, json.getBytes());
        assertEquals(200, answer.statusCode(), new String(answer.body()));
        return Json.tree(new String(answer.body()));
    }

    private String error(int status, String code, String method, String path, String json)
            throws Exception {
        HttpResponse<byte[]> answer = send(method, "mlflow/" + path, json.getBytes());
        ObjectNode body = (ObjectNode) Json.tree(new String(answer.body()));
        assertEquals(code, body.path("error_code").asText(), body.toString());
        assertEquals(status, answer.statusCode());
        return body.path("message").asText();
    }

    private HttpResponse<byte[]> send(String method, String path, byte[] body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create(face.server.url() + "/api/2.0/" + path))
                        .header("Authorization", "Bearer " + face.token)
                        .method(
                                method,
                                body.length == 0
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofByteArray());
    }
}
