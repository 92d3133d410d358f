package io.karu.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A development gateway of a test bed: its process, its folder and its network cable. */
public final class DevelopmentGateway extends FleetGateway {
    /**
     * What Kura's start script sets: native memory comes from one arena, so that it does not spread
     * over many.
     */
    private static final Map<String, String> KURA_ENVIRONMENT = Map.of("MALLOC_ARENA_MAX", "1");

    /** With this status the development gateway asks to be started again. */
    private static final int RESTART_STATUS = 42;

    private final Testbed testbed;
    private final Path home;
    private final Cable cable;
    private final int httpPort;
    private volatile Child process;
    private int heapMiB = 160;

    DevelopmentGateway(String id, Testbed testbed, int httpPort, Cable cable) {
        super(id, testbed::rest);
        this.testbed = testbed;
        this.home = testbed.home().resolve(id);
        this.httpPort = httpPort;
        this.cable = cable;
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
        return id() + "-line";
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
                                Child.java(),
                                "-Xmx" + heapMiB + "m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-jar",
                                testbed.build().gateway().toString()));
        command.addAll(
                List.of("--home", home().toString(), "--http-port", Integer.toString(httpPort)));
        command.addAll(List.of("--initial", initialConfiguration().toString()));
        process = Child.start(id(), testbed.logs(), command, KURA_ENVIRONMENT);
        process.whenEnded(this::restartIfAsked);
        process.awaitLine(Testbed.READY, Testbed.START_DEADLINE);
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
                    "karu: " + id() + " did not come back after its restart: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Path initialConfiguration() throws IOException, InterruptedException {
        Path file = home.resolve("initial.json");
        if (!Files.exists(file)) {
            Files.createDirectories(home);
            JsonNode credentials = rest().post("/api/v1/gateways", Map.of("clientId", id()));
            Files.createFile(
                    file,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            Files.writeString(
                    file,
                    InitialConfiguration.of(credentials, cable.port(), home()).toPrettyString());
        }
        return file;
    }

    /** Queues the installation of a package of this build; returns the deployment's id. */
    public long deploy(String packageName, boolean restart)
            throws IOException, InterruptedException {
        return deploy(testbed.offer(packageName), restart);
    }

    /** Creates the gateway's station, if it has none. */
    public void ensureStation(Map<String, Object> properties)
            throws IOException, InterruptedException {
        for (JsonNode configuration :
                rest().get("/api/v1/gateways/" + id() + "/configurations").path("configurations")) {
            if (configuration.path("pid").asText().equals(stationId())) {
                return;
            }
        }
        Files.createDirectories(inbox());
        Map<String, Object> typed = new LinkedHashMap<>();
        typed.put("source", Testbed.value("folder"));
        typed.put("source.folder", Testbed.value(inbox().toString()));
        typed.put("source.template", Testbed.value("pair"));
        typed.put("source.after", Testbed.value("delete"));
        typed.put("model", Testbed.value(Testbed.MODEL));
        properties.forEach((name, given) -> typed.put(name, Testbed.value(given)));
        rest().post(
                        "/api/v1/gateways/" + id() + "/configurations",
                        Map.of(
                                "factoryPid",
                                "io.karu.station.Station",
                                "pid",
                                stationId(),
                                "properties",
                                typed));
    }

    /** Ends the process; its folder stays. */
    void stop() throws IOException, InterruptedException {
        if (process != null) {
            process.stop(Testbed.STOP_DEADLINE);
        }
    }
}
