package io.karu.aggregator;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.store.Json;
import io.karu.ports.LoopbackPort;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Prometheus of this machine's packages on a free port of loopback, scraping one aggregator. */
final class PrometheusServer implements AutoCloseable {
    private static final Path PROGRAM = Path.of("/usr/bin/prometheus");

    private final HttpClient client = HttpClient.newHttpClient();
    private final Process process;
    private final URI address;

    private PrometheusServer(Process process, URI address) {
        this.process = process;
        this.address = address;
    }

    static Optional<Path> installed() {
        return Optional.of(PROGRAM).filter(Files::isExecutable);
    }

    /**
     * Starts on the project's own configuration, with this target and token and a scrape each
     * second.
     */
    static PrometheusServer start(Path folder, URI target, Path token) throws Exception {
        String configuration =
                Files.readString(Path.of("../observability/prometheus.yml"))
                        .replace("15s", "1s")
                        .replace("/etc/prometheus/karu-token", token.toString())
                        .replace("127.0.0.1:8480", target.getAuthority());
        Path file = Files.writeString(folder.resolve("prometheus.yml"), configuration);
        URI address = URI.create("http://127.0.0.1:" + LoopbackPort.free().number());
        Process process =
                new ProcessBuilder(
                                PROGRAM.toString(),
                                "--config.file=" + file,
                                "--storage.tsdb.path=" + folder.resolve("prometheus"),
                                "--web.listen-address=" + address.getAuthority())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("prometheus.log").toFile())
                        .start();
        PrometheusServer server = new PrometheusServer(process, address);
        Workbench.await(
                "Prometheus has scraped the aggregator",
                Workbench.PATIENCE,
                () -> server.answer("up == 1").size() > 0);
        return server;
    }

    /** The series that a query gives now; empty also while it does not answer. */
    JsonNode answer(String query) {
        try {
            URI uri =
                    address.resolve(
                            "/api/v1/query?query="
                                    + URLEncoder.encode(query, StandardCharsets.UTF_8));
            HttpResponse<String> answer =
                    client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
            if (answer.statusCode() == 400) {
                throw new AssertionError(query + ": " + answer.body());
            }
            return Json.tree(answer.statusCode() == 200 ? answer.body() : "{}").at("/data/result");
        } catch (IOException e) {
            return Json.tree("[]");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
