package io.karu.gateway.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A Mosquitto broker of the test's own: open to everybody on loopback, without persistence. */
public final class Mosquitto implements AutoCloseable {

    private static final List<Path> PLACES =
            List.of(Path.of("/usr/sbin/mosquitto"), Path.of("/usr/bin/mosquitto"));

    private final Path folder;
    private final int port;
    private Process process;

    private Mosquitto(Path folder, int port) {
        this.folder = folder;
        this.port = port;
    }

    /** Skips the test when Mosquitto is not installed. */
    public static Mosquitto start(Path folder) {
        Assumptions.assumeTrue(
                PLACES.stream().anyMatch(Files::isExecutable),
                "Mosquitto is not installed (Debian package mosquitto)");
        Mosquitto broker = new Mosquitto(folder, freePort());
        broker.start();
        return broker;
    }

    public int port() {
        return port;
    }

    public String url() {
        return "mqtt://127.0.0.1:" + port + "/";
    }

    /** Starts again at the same port after {@link #stop}. */
    public void start() {
        try {
            Path configuration = folder.resolve("mosquitto-" + port + ".conf");
            Files.writeString(
                    configuration,
                    "listener "
                            + port
                            + " 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 100\n");
            String program =
                    PLACES.stream()
                            .filter(Files::isExecutable)
                            .findFirst()
                            .orElseThrow()
                            .toString();
            process =
                    new ProcessBuilder(program, "-v", "-c", configuration.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("mosquitto-" + port + ".log").toFile())
                            .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Await.until("Mosquitto listens at " + port, Duration.ofSeconds(10), this::listens);
    }

    /** Ends without a word to the clients. */
    public void stop() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
    }

    private boolean listens() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
