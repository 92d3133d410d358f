package io.karu.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BiPredicate;

/** The aggregator's REST interface ({@code openapi.yaml}) as JSON trees. */
final class Api {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofMinutes(2);
    private static final Duration TRANSFER = Duration.ofMinutes(30);

    private final String url;
    private final String token;
    private final HttpClient client = HttpClient.newBuilder().connectTimeout(CONNECT).build();

    Api(String url, String token) {
        this.url = url.replaceAll("/+$", "");
        this.token = token;
    }

    JsonNode get(String path) {
        return json(request(path).timeout(ANSWER).GET());
    }

    JsonNode post(String path, Object body) {
        return json(
                request(path)
                        .timeout(ANSWER)
                        .header("Content-Type", "application/json")
                        .POST(text(body)));
    }

    JsonNode put(String path, Object body) {
        return json(
                request(path)
                        .timeout(ANSWER)
                        .header("Content-Type", "application/json")
                        .PUT(text(body)));
    }

    JsonNode put(String path, Path file, String type) {
        return json(
                request(path).timeout(TRANSFER).header("Content-Type", type).PUT(content(file)));
    }

    void delete(String path) {
        json(request(path).timeout(ANSWER).DELETE());
    }

    JsonNode upload(String path, Path file, String type) {
        return json(
                request(path).timeout(TRANSFER).header("Content-Type", type).POST(content(file)));
    }

    private static BodyPublisher content(Path file) {
        try {
            return BodyPublishers.ofFile(file);
        } catch (IOException e) {
            throw new Refused(Refused.FAILED, file + " cannot be read");
        }
    }

    /** Posts and writes the answer's body to a new file. */
    void download(String path, Path file) {
        save(request(path).timeout(TRANSFER).POST(BodyPublishers.noBody()), file);
    }

    /** Gets a body into a new file. */
    void fetch(String path, Path file) {
        save(request(path).timeout(TRANSFER).GET(), file);
    }

    private void save(HttpRequest.Builder request, Path file) {
        HttpResponse<InputStream> response = send(request, BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            if (response.statusCode() >= 300) {
                throw refusal(
                        response.statusCode(),
                        new String(body.readAllBytes(), StandardCharsets.UTF_8));
            }
            Path part = file.resolveSibling(file.getFileName() + ".part");
            java.nio.file.Files.copy(body, part, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            java.nio.file.Files.move(part, file);
        } catch (IOException e) {
            throw new Refused(Refused.FAILED, file + " cannot be written: " + e.getMessage());
        }
    }

    /** Follows events until {@code more} answers false or the stream ends. */
    void events(String topics, BiPredicate<String, JsonNode> more) {
        HttpResponse<InputStream> response =
                send(
                        request("/api/v1/events?topics=" + topics)
                                .header("Accept", "text/event-stream")
                                .GET(),
                        BodyHandlers.ofInputStream());
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            if (response.statusCode() >= 300) {
                throw refusal(response.statusCode(), String.join("\n", lines.lines().toList()));
            }
            String event = "";
            StringBuilder data = new StringBuilder();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("event:")) {
                    event = line.substring("event:".length()).strip();
                } else if (line.startsWith("data:")) {
                    data.append(line.substring("data:".length()).strip());
                } else if (line.isEmpty() && !data.isEmpty()) {
                    if (!more.test(event, JSON.readTree(data.toString()))) {
                        return;
                    }
                    data.setLength(0);
                }
            }
        } catch (IOException e) {
            throw unreachable();
        }
    }

    static String encode(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path))
                .header("Authorization", "Bearer " + token);
    }

    private JsonNode json(HttpRequest.Builder request) {
        HttpResponse<String> response = send(request, BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw refusal(response.statusCode(), response.body());
        }
        try {
            return JSON.readTree(response.body().isEmpty() ? "null" : response.body());
        } catch (JsonProcessingException e) {
            throw new Refused(Refused.UNREACHABLE, url + " is not a Karu aggregator");
        }
    }

    private <T> HttpResponse<T> send(
            HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler) {
        try {
            return client.send(request.build(), handler);
        } catch (IOException e) {
            throw unreachable();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused(Refused.FAILED, "interrupted");
        }
    }

    private Refused unreachable() {
        return new Refused(
                Refused.UNREACHABLE,
                "no aggregator answers at " + url + "; start it (./karu up) or give --url");
    }

    private static Refused refusal(int status, String body) {
        int exitCode = status == 401 ? Refused.NOT_LOGGED_IN : Refused.FAILED;
        try {
            JsonNode problem = JSON.readTree(body);
            StringBuilder message =
                    new StringBuilder(problem.path("code").asText("HTTP_" + status))
                            .append(": ")
                            .append(problem.path("detail").asText(body));
            problem.path("findings").forEach(f -> message.append("\n  ").append(f.asText()));
            return new Refused(exitCode, message.toString());
        } catch (JsonProcessingException e) {
            return new Refused(exitCode, "HTTP_" + status + ": " + body);
        }
    }

    private static BodyPublisher text(Object body) {
        try {
            return BodyPublishers.ofString(JSON.writeValueAsString(body));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
