package io.karu.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;

/** The aggregator's REST interface (openapi.yaml) as JSON trees, with an API token. Thread-safe. */
public final class RestClient {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final String base;
    private final String token;

    /**
     * @param base address without a trailing slash, for instance {@code http://127.0.0.1:8480}
     */
    public RestClient(String base, String token) {
        this.base = base;
        this.token = token;
    }

    /** The server answered with a problem; {@link #code()} is its stable code. */
    public static final class ProblemException extends IOException {
        private static final long serialVersionUID = 1L;
        private final int status;
        private final String code;

        ProblemException(int status, String code, String message) {
            super(message);
            this.status = status;
            this.code = code;
        }

        public int status() {
            return status;
        }

        public String code() {
            return code;
        }
    }

    public String base() {
        return base;
    }

    public JsonNode get(String path) throws IOException, InterruptedException {
        return send(request(path).GET());
    }

    /** A body that is no JSON, for instance {@code /metrics}. */
    public String text(String path) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(base + path))
                        .timeout(Duration.ofSeconds(30))
                        .header("Authorization", "Bearer " + token)
                        .GET()
                        .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IOException("GET " + path + ": " + response.statusCode());
        }
        return response.body();
    }

    public JsonNode post(String path, Object body) throws IOException, InterruptedException {
        return send(request(path).header("Content-Type", "application/json").POST(json(body)));
    }

    public JsonNode put(String path, Object body) throws IOException, InterruptedException {
        return send(request(path).header("Content-Type", "application/json").PUT(json(body)));
    }

    /** Posts a file as {@code application/octet-stream}. */
    public JsonNode upload(String path, Path file) throws IOException, InterruptedException {
        return upload(path, file, "application/octet-stream");
    }

    public JsonNode upload(String path, Path file, String type)
            throws IOException, InterruptedException {
        return send(
                request(path)
                        .header("Content-Type", type)
                        .POST(HttpRequest.BodyPublishers.ofFile(file)));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path))
                .timeout(Duration.ofSeconds(120))
                .header("Accept", "application/json")
                .header("Authorization", "Bearer " + token);
    }

    private static HttpRequest.BodyPublisher json(Object body) throws IOException {
        return HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body));
    }

    private JsonNode send(HttpRequest.Builder builder) throws IOException, InterruptedException {
        HttpRequest request = builder.build();
        HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() >= 300) {
            throw problem(request, response);
        }
        return response.body().length == 0 ? JSON.nullNode() : JSON.readTree(response.body());
    }

    private static ProblemException problem(HttpRequest request, HttpResponse<byte[]> response) {
        String where =
                request.method() + " " + request.uri().getPath() + ": " + response.statusCode();
        try {
            JsonNode problem = JSON.readTree(response.body());
            return new ProblemException(
                    response.statusCode(),
                    problem.path("code").asText(""),
                    where
                            + " "
                            + problem.path("code").asText("")
                            + ": "
                            + problem.path("detail").asText(problem.path("title").asText("")));
        } catch (IOException e) {
            return new ProblemException(response.statusCode(), "", where);
        }
    }
}
