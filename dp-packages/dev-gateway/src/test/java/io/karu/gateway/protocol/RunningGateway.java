package io.karu.gateway.protocol;

import io.karu.gateway.testkit.Await;
import io.karu.gateway.testkit.Mosquitto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A development gateway in its own process: account {@code acme}, client id {@code gw01}. */
final class RunningGateway implements AutoCloseable {

    static final String CLIENT_ID = "gw01";

    private static final Duration START = Duration.ofSeconds(180);

    private final Path home;
    private final Path downloads;
    private final Mosquitto broker;
    private Process process;
    private int starts;

    RunningGateway(Path folder, Mosquitto broker) {
        Assumptions.assumeTrue(
                System.getProperty("distribution") != null,
                "the system property distribution names no gateway: run by Maven's integration-test phase");
        this.home = folder.resolve("home");
        this.downloads = folder.resolve("downloads");
        this.broker = broker;
        try {
            Files.createDirectories(home);
            Files.writeString(folder.resolve("initial.json"), initial());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start();
    }

    void start() {
        Path output = home.resolveSibling("gateway-" + ++starts + ".log");
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString()));
        command.addAll(
                List.of(
                        "-Xmx96m",
                        "-XX:TieredStopAtLevel=1",
                        "-Dkaru.gateway.birth.debounce=1000"));
        command.addAll(
                List.of(
                        "-jar",
                        Path.of(System.getProperty("distribution"), "gateway.jar").toString(),
                        "--home",
                        home.toString(),
                        "--initial",
                        home.resolveSibling("initial.json").toString()));
        try {
            process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start();
            Await.until(
                    "the gateway is READY",
                    START,
                    () -> {
                        if (!process.isAlive()) {
                            throw new AssertionError("The gateway ended: " + read(output));
                        }
                        return read(output).contains("READY ");
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path downloads() {
        return downloads;
    }

    Path home() {
        return home;
    }

    void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /** The process's status once it has ended. */
    int awaitEnd() {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("The gateway did not end within 60 s");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted", e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        awaitEnd();
    }

    private String initial() {
        return """
                {"configs":[
                 {"pid":"org.eclipse.kura.core.data.transport.mqtt.MqttDataTransport","properties":{
                  "broker-url":{"type":"STRING","value":"%s"},
                  "topic.context.account-name":{"type":"STRING","value":"acme"},
                  "client-id":{"type":"STRING","value":"%s"}}},
                 {"pid":"org.eclipse.kura.data.DataService","properties":{
                  "connect.auto-on-startup":{"type":"BOOLEAN","value":true},
                  "connect.retry-interval":{"type":"INTEGER","value":1}}},
                 {"pid":"org.eclipse.kura.core.deployment.CloudDeploymentHandlerV2","properties":{
                  "downloads.directory":{"type":"STRING","value":"%s"}}}
                ]}
                """
                .formatted(broker.url(), CLIENT_ID, downloads);
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
