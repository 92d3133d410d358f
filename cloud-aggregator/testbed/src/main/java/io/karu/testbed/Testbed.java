package io.karu.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
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

    private static final Pattern READY = Pattern.compile("READY (http://\\S+)");

    /**
     * What Kura's start script sets: native memory comes from one arena, so that it does not spread
     * over many.
     */
    private static final Map<String, String> KURA_ENVIRONMENT = Map.of("MALLOC_ARENA_MAX", "1");

    /** Java's compiler that is ready soonest, and the one that makes the fastest code. */
    private static final int QUICK = 1;

    private static final int OPTIMIZING = 4;

    /** With this status the development gateway asks to be started again. */
    private static final int RESTART_STATUS = 42;

    private static final Duration START_DEADLINE = Duration.ofMinutes(4);
    private static final Duration STOP_DEADLINE = Duration.ofSeconds(20);

    private final Path root;
    private final Build build;
    private final Path home;
    private final Ports ports;
    private final Map<String, Gateway> gateways = new LinkedHashMap<>();
    private Child aggregator;
    private RestClient rest;
    private Optional<String> firstPassword = Optional.empty();
    private OptionalInt brokerPort = OptionalInt.empty();
    private int compilers = QUICK;
    private Optional<DevelopmentKey> key = Optional.empty();

    /** A development gateway of this test bed. */
    public final class Gateway {
        private final String id;
        private final Path home;
        private final Cable cable;
        private final int httpPort;
        private volatile Child process;
        private int heapMiB = 160;

        private Gateway(String id) throws IOException {
            this.id = id;
            this.home = Testbed.this.home.resolve(id);
            this.httpPort = ports.port(id + ".http", 8480 + gateways.size() + 1);
            this.cable = Cable.lay(ports.port(id + ".cable", 0), mqttPort());
        }

        public String id() {
            return id;
        }

        /** Kura's home folder. */
        public Path home() {
            return home.resolve("kura");
        }

        /** The folder that the station {@code <id>-line} watches. */
        public Path inbox() {
            return home.resolve("inbox");
        }

        public String stationId() {
            return id + "-line";
        }

        /** Address of the operator's page. */
        public String page() {
            return "http://127.0.0.1:" + httpPort + "/karu";
        }

        /** File with the password of the gateway's identity {@code admin}. */
        public Path adminPasswordFile() {
            return home().resolve("user/admin-password");
        }

        /** Heap of the gateway's process from its next start on, in MiB. */
        public void heap(int mebibytes) {
            heapMiB = mebibytes;
        }

        public Cable cable() {
            return cable;
        }

        public Child process() {
            return process;
        }

        /** Starts the gateway's process; returns when its framework is up. */
        public void start() throws IOException, InterruptedException {
            List<String> command =
                    new ArrayList<>(
                            List.of(
                                    java(),
                                    "-Xmx" + heapMiB + "m",
                                    "-XX:+UseSerialGC",
                                    "-XX:TieredStopAtLevel=1",
                                    "-jar",
                                    build.gateway().toString()));
            command.addAll(
                    List.of(
                            "--home",
                            home().toString(),
                            "--http-port",
                            Integer.toString(httpPort)));
            command.addAll(List.of("--initial", initialConfiguration().toString()));
            process = Child.start(id, Testbed.this.home.resolve("log"), command, KURA_ENVIRONMENT);
            process.whenEnded(this::restartIfAsked);
            process.awaitLine(READY, START_DEADLINE);
        }

        /** The service manager's part of Kura's reboot after an installation. */
        private void restartIfAsked(int status) {
            if (status != RESTART_STATUS) {
                return;
            }
            try {
                start();
            } catch (IOException e) {
                System.err.println(
                        "karu: " + id + " did not come back after its restart: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private Path initialConfiguration() throws IOException, InterruptedException {
            Path file = home.resolve("initial.json");
            if (!Files.exists(file)) {
                Files.createDirectories(home);
                JsonNode credentials = rest().post("/api/v1/gateways", Map.of("clientId", id));
                Files.createFile(
                        file,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
                Files.writeString(
                        file,
                        InitialConfiguration.of(credentials, cable.port(), home())
                                .toPrettyString());
            }
            return file;
        }

        /** Waits until the aggregator shows the gateway online with these application ids. */
        public JsonNode awaitOnline(Duration deadline, String... applications)
                throws IOException, InterruptedException {
            return await(
                    id + " online with " + String.join(", ", applications),
                    deadline,
                    () -> {
                        JsonNode gateway = state();
                        List<String> known = new ArrayList<>();
                        gateway.path("applications").forEach(a -> known.add(a.asText()));
                        boolean online = gateway.path("state").asText().equals("ONLINE");
                        return online && known.containsAll(List.of(applications))
                                ? Optional.of(gateway)
                                : Optional.empty();
                    });
        }

        /** The gateway's entry in the fleet. */
        public JsonNode state() throws IOException, InterruptedException {
            return detail().path("gateway");
        }

        public JsonNode detail() throws IOException, InterruptedException {
            return rest().get("/api/v1/gateways/" + id);
        }

        /** Queues the installation of a package of this build; returns the deployment's id. */
        public long deploy(String packageName, boolean restart)
                throws IOException, InterruptedException {
            return deploy(offer(packageName), restart);
        }

        /** Queues the installation of an offered package. */
        public long deploy(JsonNode offered, boolean restart)
                throws IOException, InterruptedException {
            JsonNode created =
                    rest().post(
                                    "/api/v1/deployments",
                                    Map.of(
                                            "gateways", List.of(id),
                                            "package", offered.path("name").asText(),
                                            "version", offered.path("version").asText(),
                                            "restart", restart));
            return created.path("deployments").path(0).path("id").asLong();
        }

        /** Queues the installation of a registered model version; installing is not activating. */
        public long installModel(JsonNode version) throws IOException, InterruptedException {
            JsonNode created =
                    rest().post(
                                    "/api/v1/models/"
                                            + version.path("name").asText()
                                            + "/versions/"
                                            + version.path("digest").asText()
                                            + "/install",
                                    Map.of("gateways", List.of(id)));
            return created.path("deployments").path(0).path("id").asLong();
        }

        /** Lets an installed version decide. */
        public JsonNode activateModel(JsonNode version) throws IOException, InterruptedException {
            return rest().post(
                            "/api/v1/gateways/"
                                    + id
                                    + "/models/"
                                    + version.path("name").asText()
                                    + "/activate",
                            Map.of("digest", version.path("digest").asText()));
        }

        public boolean hasPackage(String name) throws IOException, InterruptedException {
            for (JsonNode installed : detail().path("packages")) {
                if (installed.path("name").asText().equals(name)) {
                    return true;
                }
            }
            return false;
        }

        /** Creates the gateway's station, if it has none. */
        public void ensureStation(Map<String, Object> properties)
                throws IOException, InterruptedException {
            for (JsonNode configuration :
                    rest().get("/api/v1/gateways/" + id + "/configurations")
                            .path("configurations")) {
                if (configuration.path("pid").asText().equals(stationId())) {
                    return;
                }
            }
            Files.createDirectories(inbox());
            Map<String, Object> typed = new LinkedHashMap<>();
            typed.put("source", value("folder"));
            typed.put("source.folder", value(inbox().toString()));
            typed.put("source.template", value("pair"));
            typed.put("source.after", value("delete"));
            typed.put("model", value(MODEL));
            properties.forEach((name, given) -> typed.put(name, value(given)));
            rest().post(
                            "/api/v1/gateways/" + id + "/configurations",
                            Map.of(
                                    "factoryPid",
                                    "io.karu.station.Station",
                                    "pid",
                                    stationId(),
                                    "properties",
                                    typed));
        }
    }

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
        return home.resolve("aggregator/api-token");
    }

    public Path root() {
        return root;
    }

    public Path home() {
        return home;
    }

    /**
     * Lets the aggregator's next processes run as Java runs what is started without flags, for
     * hours; otherwise they are soon ready.
     */
    public void runForLong() {
        compilers = OPTIMIZING;
    }

    /** Starts the aggregator; returns when it serves. */
    public void startAggregator(String... options) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                java(),
                                "-Xmx512m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=" + compilers,
                                "-cp",
                                build.libraries(),
                                "io.karu.aggregator.Main",
                                "--data",
                                home.resolve("aggregator").toString(),
                                "--http-port",
                                Integer.toString(ports.port("http", 8480)),
                                "--mqtt-port",
                                Integer.toString(mqttPort())));
        key.ifPresent(own -> command.addAll(own.settings()));
        command.addAll(List.of(options));
        aggregator = Child.start("aggregator", home.resolve("log"), command, Map.of());
        Matcher ready = aggregator.awaitLine(READY, START_DEADLINE);
        Matcher password =
                Pattern.compile("Password of admin: (\\S+)").matcher(aggregator.output());
        if (password.find()) {
            firstPassword = Optional.of(password.group(1));
        }
        rest = new RestClient(ready.group(1), Files.readString(tokenFile()).trim());
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
        return aggregator;
    }

    public RestClient rest() {
        return rest;
    }

    /** The gateway of that id, made known to this test bed if it is new; not started. */
    public Gateway gateway(String id) throws IOException {
        Gateway gateway = gateways.get(id);
        if (gateway == null) {
            gateway = new Gateway(id);
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

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Stops gateways and aggregator; their state stays. */
    @Override
    public void close() throws IOException, InterruptedException {
        for (Gateway gateway : gateways.values()) {
            if (gateway.process != null) {
                gateway.process.stop(STOP_DEADLINE);
            }
        }
        if (aggregator != null) {
            aggregator.stop(STOP_DEADLINE);
        }
        for (Gateway gateway : gateways.values()) {
            gateway.cable.close();
        }
        ports.close();
    }
}
