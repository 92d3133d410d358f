package io.karu.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.testbed.AggregatorProcess.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;

/**
 * A whole Karu on one machine, as separate processes on loopback: the aggregator, and development
 * gateways whose network cables can be pulled. State lives in one folder; opening the same folder
 * again resumes. Used by {@code ./karu up}, the end-to-end tests and the benchmarks.
 */
public final class Testbed implements AutoCloseable {
    /** The model that the demonstration inspects with. */
    public static final String MODEL = "golden-template";

    /** The detector that {@code ./karu train boards} made; it is shipped with the sources. */
    public static final String LEARNED_MODEL = "board-detector";

    /** What a child prints when it serves. */
    static final Pattern READY = Pattern.compile("READY (http://\\S+)");

    static final Duration START_DEADLINE = Duration.ofMinutes(4);
    static final Duration STOP_DEADLINE = Duration.ofSeconds(20);

    private final Path root;
    private final Build build;
    private final Path home;
    private final Ports ports;
    private final Map<String, DevelopmentGateway> gateways = new LinkedHashMap<>();
    private AggregatorProcess aggregator;
    private RestClient rest;
    private Optional<String> firstPassword = Optional.empty();
    private OptionalInt brokerPort = OptionalInt.empty();
    private Run run = Run.BRIEFLY;
    private Optional<DevelopmentKey> key = Optional.empty();

    /** A property of CONF-V2 with its type. */
    public static Map<String, Object> value(Object value) {
        String type =
                value instanceof Integer
                        ? "INTEGER"
                        : value instanceof Double
                                ? "DOUBLE"
                                : value instanceof Boolean ? "BOOLEAN" : "STRING";
        return Map.of("type", type, "value", value);
    }

    /**
     * Opens a test bed; nothing is started yet.
     *
     * @param root the built repository
     * @param home folder of all state
     */
    public static Testbed open(Path root, Path home) throws IOException {
        Files.createDirectories(home);
        return new Testbed(root.toAbsolutePath(), home.toAbsolutePath());
    }

    private Testbed(Path root, Path home) throws IOException {
        this.root = root;
        this.build = new Build(root);
        this.home = home;
        this.ports = new Ports(home.resolve("ports.properties"));
    }

    /** The packages that make a gateway a Karu gateway, in the order of their installation. */
    public static List<String> packages() {
        return List.of(
                "karu-natives-onnx-" + architecture(),
                "karu-base",
                "karu-station",
                "karu-page-jakarta");
    }

    private static String architecture() {
        return System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64";
    }

    /** File with the aggregator's API token. */
    public Path tokenFile() {
        return AggregatorProcess.token(data());
    }

    public Path root() {
        return root;
    }

    public Path home() {
        return home;
    }

    Build build() {
        return build;
    }

    /** Of all processes. */
    Path logs() {
        return home.resolve("log");
    }

    private Path data() {
        return home.resolve("aggregator");
    }

    /**
     * Lets the aggregator's next processes run as docs/engines.md says for thousands of gateways;
     * otherwise they are soon ready.
     */
    public void runForLong() {
        run = Run.FOR_LONG;
    }

    /** Starts the aggregator; returns when it serves. */
    public void startAggregator(String... options) throws IOException, InterruptedException {
        List<String> all =
                new ArrayList<>(
                        List.of(
                                "--http-port",
                                Integer.toString(ports.port("http", 8480)),
                                "--mqtt-port",
                                Integer.toString(mqttPort())));
        key.ifPresent(own -> all.addAll(own.settings()));
        all.addAll(List.of(options));
        aggregator = AggregatorProcess.start(build.libraries(), data(), logs(), run, all);
        rest = aggregator.awaitReady();
        firstPassword = aggregator.firstPassword().or(() -> firstPassword);
    }

    /**
     * Lets gateways use a broker of one's own on this loopback port instead of the embedded one;
     * before the first gateway is made.
     */
    public void useBroker(int port) {
        brokerPort = OptionalInt.of(port);
    }

    private int mqttPort() throws IOException {
        return brokerPort.isPresent() ? brokerPort.getAsInt() : ports.port("mqtt", 1883);
    }

    /** The first administrator's password, present only at the very first start. */
    public Optional<String> firstPassword() {
        return firstPassword;
    }

    public Child aggregator() {
        return aggregator == null ? null : aggregator.child();
    }

    public RestClient rest() {
        return rest;
    }

    /** The gateway of that id, made known to this test bed if it is new; not started. */
    public DevelopmentGateway gateway(String id) throws IOException {
        DevelopmentGateway gateway = gateways.get(id);
        if (gateway == null) {
            gateway =
                    new DevelopmentGateway(
                            id,
                            this,
                            ports.port(id + ".http", 8480 + gateways.size() + 1),
                            Cable.lay(ports.port(id + ".cable", 0), mqttPort()));
            gateways.put(id, gateway);
        }
        return gateway;
    }

    /**
     * Signs the packages that are offered and the models that are registered from now on, with a
     * development key of this home that is made at its first use; before the aggregator is started.
     */
    public void signPackages() throws IOException, InterruptedException {
        key = Optional.of(DevelopmentKey.open(home.resolve("keys")));
    }

    /**
     * The {@code .dp} of a package in this build; a signed copy of it where packages are signed.
     */
    public Path packageFile(String name) throws IOException {
        return key.isPresent()
                ? build.signedPackage(name, key.get().signer(), home.resolve("packages"))
                : build.packageFile(name);
    }

    /** Makes a package of this build known to the aggregator. */
    public JsonNode offer(String name) throws IOException, InterruptedException {
        return offer(packageFile(name));
    }

    /** Makes a package file known to the aggregator. */
    public JsonNode offer(Path file) throws IOException, InterruptedException {
        return rest.upload("/api/v1/packages", file);
    }

    /** Registers the golden-template models of this build; version 1 first. */
    public List<JsonNode> uploadModels() throws IOException, InterruptedException {
        List<JsonNode> versions = new ArrayList<>();
        for (String label : List.of("1", "2")) {
            versions.add(uploadModel(modelFolder(label)));
        }
        return versions;
    }

    /** Folder of a golden-template version that this build wrote. */
    public Path modelFolder(String label) {
        return build.modelFolder(MODEL + "-" + label);
    }

    /** Folder of the shipped version of {@link #LEARNED_MODEL}. */
    public Path learnedModelFolder() {
        return build.shippedModelFolder(LEARNED_MODEL + "-1");
    }

    /** Registers a model version from its folder. */
    public JsonNode uploadModel(Path folder) throws IOException, InterruptedException {
        Path zip = Files.createTempFile(home, "model", ".zip");
        try {
            Build.zip(folder, zip);
            return rest.upload("/api/v1/models", zip, "application/zip");
        } finally {
            Files.delete(zip);
        }
    }

    /** How a deployment ended and why, for a person. */
    public static String outcome(JsonNode deployment) {
        JsonNode failure = deployment.path("failure");
        return "of "
                + deployment.path("subject").asText()
                + " on "
                + deployment.path("gateway").asText()
                + " ended "
                + deployment.path("state").asText()
                + ": "
                + (failure.isMissingNode()
                        ? deployment.path("step").asText()
                        : failure.path("reason").asText()
                                + "; "
                                + failure.path("outcome").asText());
    }

    /** Waits until a deployment ended and returns it. */
    public JsonNode awaitDeployment(long id, Duration deadline)
            throws IOException, InterruptedException {
        return await(
                "deployment " + id + " ended",
                deadline,
                () -> {
                    JsonNode deployment = rest.get("/api/v1/deployments/" + id);
                    return switch (deployment.path("state").asText()) {
                        case "SUCCEEDED", "ROLLED_BACK", "FAILED", "CANCELLED" ->
                                Optional.of(deployment);
                        default -> Optional.empty();
                    };
                });
    }

    /**
     * Asks again until there is an answer; at the deadline an IOException names what was awaited.
     */
    public static <T> T await(String what, Duration deadline, Callable<Optional<T>> question)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + deadline.toNanos();
        Exception last = null;
        while (System.nanoTime() < end) {
            try {
                Optional<T> answer = question.call();
                if (answer.isPresent()) {
                    return answer.get();
                }
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                last = e;
            }
            Thread.sleep(200);
        }
        throw new IOException(
                "not within "
                        + deadline.toSeconds()
                        + " s: "
                        + what
                        + (last == null ? "" : " (" + last + ")"),
                last);
    }

    /** Stops gateways and aggregator; their state stays. */
    @Override
    public void close() throws IOException, InterruptedException {
        for (DevelopmentGateway gateway : gateways.values()) {
            gateway.stop();
        }
        if (aggregator != null) {
            aggregator.child().stop(STOP_DEADLINE);
        }
        for (DevelopmentGateway gateway : gateways.values()) {
            gateway.cable().close();
        }
        ports.close();
    }
}
