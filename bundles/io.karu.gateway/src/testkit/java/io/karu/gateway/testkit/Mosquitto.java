package io.karu.gateway.testkit;

import io.karu.ports.LoopbackPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A Mosquitto broker of the test's own: open to everybody on loopback, without persistence. Started
 * by root it stays root, to read files of temporary folders.
 */
public final class Mosquitto implements AutoCloseable {

    private static final List<Path> PLACES =
            List.of(Path.of("/usr/sbin/mosquitto"), Path.of("/usr/bin/mosquitto"));

    private final Path folder;
    private final LoopbackPort port;
    private final String listenerOptions;
    private Process process;

    private Mosquitto(Path folder, LoopbackPort port, String listenerOptions) {
        this.folder = folder;
        this.port = port;
        this.listenerOptions = listenerOptions;
    }

    /** Skips the test when Mosquitto is not installed. */
    public static Mosquitto start(Path folder) {
        return start(folder, "");
    }

    /** A broker that speaks TLS only. */
    public static Mosquitto startSecure(Path folder, Path certificate, Path key) {
        return start(folder, "certfile " + certificate + "\nkeyfile " + key + "\n");
    }

    private static Mosquitto start(Path folder, String listenerOptions) {
        Assumptions.assumeTrue(
                PLACES.stream().anyMatch(Files::isExecutable),
                "Mosquitto is not installed (Debian package mosquitto)");
        Mosquitto broker = new Mosquitto(folder, claimed(), listenerOptions);
        broker.start();
        return broker;
    }

    public int port() {
        return port.number();
    }

    public String url() {
        return "mqtt://127.0.0.1:" + port() + "/";
    }

    /** Starts again at the same port after {@link #stop}. */
    public void start() {
        try {
            Path configuration = folder.resolve("mosquitto-" + port() + ".conf");
            Files.writeString(
                    configuration,
                    "user root\nlistener "
                            + port()
                            + " 127.0.0.1\n"
                            + listenerOptions
                            + "allow_anonymous true\nmax_inflight_messages 100\n");
            String program =
                    PLACES.stream()
                            .filter(Files::isExecutable)
                            .findFirst()
                            .orElseThrow()
                            .toString();
            process =
                    new ProcessBuilder(program, "-v", "-c", configuration.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("mosquitto-" + port() + ".log").toFile())
                            .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Await.until("Mosquitto listens at " + port(), Duration.ofSeconds(60), this::listens);
    }

    /** Stays connected and does nothing until {@link #stop}. */
    public void hang() {
        try {
            new ProcessBuilder("kill", "-STOP", Long.toString(process.pid())).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends without a word to the clients. */
    public void stop() {
        process.destroyForcibly();
        try {
            process.waitFor(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
        port.close();
    }

    private boolean listens() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static LoopbackPort claimed() {
        try {
            return LoopbackPort.free();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
