package io.karu.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpServer;
import io.karu.kura.MetricType;
import io.karu.kura.Payload;
import io.karu.kura.Topic;
import io.karu.kura.Topics;
import io.karu.kura.deployment.Bundle;
import io.karu.kura.deployment.DeploymentPackage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Version;

/**
 * A simulated gateway answers like the golden exchanges, which were written by hand from Kura's
 * protocol and hold the development gateway, too.
 */
class GoldenExchangesTest {
    private static final Topics TOPICS = new Topics();

    private record Said(Topic topic, Payload payload) {}

    private final BlockingDeque<Said> said = new LinkedBlockingDeque<>();
    private final Simulator simulator = new Simulator();
    private HttpServer files;
    private byte[] dp;
    private Software software;
    private Answers answers;
    private Map<String, String> values;

    @BeforeEach
    void start() throws Exception {
        Bundle bundle = Bundle.read(bundle());
        dp =
                new DeploymentPackage("com.x.edge", Version.parseVersion("1.2.0"), List.of(bundle))
                        .toBytes();
        files = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        files.createContext(
                "/edge.dp",
                exchange -> {
                    exchange.sendResponseHeaders(200, dp.length);
                    exchange.getResponseBody().write(dp);
                    exchange.close();
                });
        files.start();
        software = new Software();
        Identity identity =
                new Identity("acme", "gw01", URI.create("mqtt://127.0.0.1:1"), "gw01", "");
        Voice voice =
                (topic, payload) -> said.add(new Said(TOPICS.parse(topic).orElseThrow(), payload));
        Behaviour behaviour = new Behaviour();
        answers =
                new Answers(
                        identity,
                        software,
                        new Downloads(identity, software, behaviour, simulator, voice, () -> {}),
                        behaviour,
                        Answers::contract,
                        Answers::contract,
                        voice);
        values =
                Map.of(
                        "uri",
                        "http://127.0.0.1:" + files.getAddress().getPort() + "/edge.dp",
                        "size",
                        Integer.toString(dp.length),
                        "sha256",
                        HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(dp)));
    }

    @AfterEach
    void stop() {
        files.stop(0);
        simulator.close();
    }

    private static byte[] bundle() throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", "com.x.edge.inspect");
        main.putValue("Bundle-Version", "1.2.0");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new JarOutputStream(bytes, manifest).close();
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "deploy-idle",
                "deploy-install",
                "deploy-wrong-hash",
                "deploy-other-protocol",
                "deploy-without-job-id",
                "deploy-job-id-of-another-type",
                "deploy-install-without-download",
                "deploy-cancel-without-download",
                "deploy-uninstall-unknown",
                "deploy-start-unknown-bundle",
                "inventory-errors",
                "request-with-unknown-method"
            })
    void aGatewayWithNothingAnswersLikeKura(String name) throws Exception {
        play(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"deploy-list", "deploy-uninstall", "inventory-all", "inventory-bundles"})
    void aGatewayWithAPackageAnswersLikeKura(String name) throws Exception {
        software.install(PackageFile.read(dp), "ACTIVE");
        play(name);
    }

    @ParameterizedTest
    @ValueSource(strings = "request-without-ids")
    void aRequestThatKuraDoesNotAnswerIsNotAnswered(String name) throws Exception {
        for (JsonNode step : steps(name)) {
            if (step.path("from").asText().equals("cloud")) {
                ask(step);
            }
        }
        assertTrue(said.isEmpty(), said::toString);
    }

    private JsonNode steps(String name) throws IOException {
        try (InputStream in =
                GoldenExchangesTest.class.getResourceAsStream("/golden/" + name + ".json")) {
            return Software.JSON.readTree(in).path("steps");
        }
    }

    private void play(String name) throws Exception {
        for (JsonNode step : steps(name)) {
            if (step.path("from").asText().equals("cloud")) {
                ask(step);
            } else if (step.has("repeats")) {
                while (next().filter(s -> matches(step, s)).isPresent()) {
                    said.take();
                }
            } else if (!step.has("optional")) {
                Said came = said.poll(60, TimeUnit.SECONDS);
                assertTrue(came != null && matches(step, came), () -> step + "\n came " + came);
            }
        }
    }

    /** What is said next; it stays the next. */
    private java.util.Optional<Said> next() throws InterruptedException {
        Said first = said.poll(60, TimeUnit.SECONDS);
        if (first != null) {
            said.addFirst(first);
        }
        return java.util.Optional.ofNullable(first);
    }

    private void ask(JsonNode step) throws IOException {
        Payload.Builder request = Payload.builder();
        step.path("metrics")
                .fields()
                .forEachRemaining(
                        metric -> request.metric(metric.getKey(), typed(metric.getValue())));
        if (step.has("body")) {
            request.body(step.at("/body/json").toString().getBytes(StandardCharsets.UTF_8));
        }
        answers.answer(
                (Topic.Request) TOPICS.parse(step.path("topic").asText()).orElseThrow(),
                request.build());
    }

    private Object typed(JsonNode metric) {
        String text = filled(metric.path("value").asText());
        return switch (MetricType.valueOf(metric.path("type").asText())) {
            case STRING -> text;
            case INT32 -> Integer.valueOf(text);
            case INT64 -> Long.valueOf(text);
            case BOOL -> Boolean.valueOf(text);
            default -> throw new IllegalArgumentException(metric.toString());
        };
    }

    private String filled(String text) {
        String filled = text;
        for (Map.Entry<String, String> value : values.entrySet()) {
            filled = filled.replace("${" + value.getKey() + "}", value.getValue());
        }
        return filled;
    }

    private boolean matches(JsonNode step, Said came) {
        if (!TOPICS.format(came.topic()).equals(step.path("topic").asText())) {
            return false;
        }
        var metrics = step.path("metrics").fields();
        while (metrics.hasNext()) {
            Map.Entry<String, JsonNode> metric = metrics.next();
            Object value = came.payload().metrics().get(metric.getKey());
            String wanted = filled(metric.getValue().path("value").asText());
            if (value == null) {
                if (!metric.getValue().has("optional")) {
                    return false;
                }
            } else if (MetricType.of(value).orElseThrow()
                            != MetricType.valueOf(metric.getValue().path("type").asText())
                    || !wanted.startsWith("${") && !wanted.equals(value.toString())) {
                return false;
            }
        }
        return matchesBody(step.path("body"), came.payload());
    }

    private static boolean matchesBody(JsonNode wanted, Payload came) {
        if (wanted.isMissingNode()) {
            return true;
        }
        String text = came.body().map(b -> new String(b, StandardCharsets.UTF_8)).orElse("");
        if (wanted.has("json")) {
            try {
                return same(wanted.path("json"), Software.JSON.readTree(text));
            } catch (IOException e) {
                return false;
            }
        }
        String pattern = wanted.path(wanted.has("xml") ? "xml" : "text").asText();
        StringBuilder regex = new StringBuilder();
        for (String part : pattern.split("\\$\\{\\w+}", -1)) {
            regex.append(regex.isEmpty() ? "" : ".*?").append(Pattern.quote(part));
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL).matcher(text).matches();
    }

    private static boolean same(JsonNode wanted, JsonNode came) {
        if (wanted.isTextual() && wanted.asText().startsWith("${")) {
            return true;
        }
        if (wanted.isObject()) {
            var fields = wanted.fields();
            while (fields.hasNext()) {
                var field = fields.next();
                if (!same(field.getValue(), came.path(field.getKey()))) {
                    return false;
                }
            }
            return true;
        }
        if (wanted.isArray()) {
            boolean more = false;
            int found = 0;
            for (JsonNode each : wanted) {
                if (each.equals(JsonNodeFactory.instance.textNode("${more}"))) {
                    more = true;
                    continue;
                }
                boolean there = false;
                for (JsonNode other : came) {
                    there |= same(each, other);
                }
                if (!there) {
                    return false;
                }
                found++;
            }
            return more || found == came.size();
        }
        return wanted.asText().equals(came.asText());
    }

    @ParameterizedTest
    @ValueSource(ints = 4)
    void linesRejectAsOftenAsTheirPartsHaveDefects(int seed) {
        Line line =
                new Line("line-1", "board", Map.of("open", 0.5), digest -> Line.Sight.GOOD, seed);
        Line.Versions versions =
                new Line.Versions() {
                    @Override
                    public java.util.Optional<String> digest(String model, String alias) {
                        return alias.equals("champion")
                                ? java.util.Optional.of("sha256:" + "0".repeat(64))
                                : java.util.Optional.empty();
                    }

                    @Override
                    public String label(String digest) {
                        return "1";
                    }
                };
        line.inspect(1000, versions, java.time.Instant::now);
        JsonNode told = line.evidence(versions, java.time.Instant.now()).get(0);
        assertEquals(1000, told.path("frames").asLong());
        assertEquals(500, told.path("rejected").asLong(), 60);
        assertEquals(told.path("rejected").asLong(), told.at("/labels/open").asLong());
    }
}
