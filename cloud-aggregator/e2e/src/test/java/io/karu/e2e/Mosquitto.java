package io.karu.e2e;

import io.karu.ports.LoopbackPort;
import io.karu.testbed.Child;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Mosquitto of this machine's packages on a free port of loopback, told to read its password and
 * ACL files again whenever they change, as an operator sets it up.
 */
final class Mosquitto implements AutoCloseable {
    private final Child process;
    private final Path folder;
    private final int port;
    private final ScheduledExecutorService watch =
            Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "mosquitto-watch"));
    private List<FileTime> read;

    private Mosquitto(Child process, Path folder, int port) throws IOException {
        this.process = process;
        this.folder = folder;
        this.port = port;
        this.read = changed();
    }

    static Optional<Path> installed() {
        return Stream.of("/usr/sbin/mosquitto", "/usr/bin/mosquitto")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Starts with files that let nobody in. */
    static Mosquitto start(Path folder) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Files.createFile(folder.resolve("passwords"));
        Files.createFile(folder.resolve("acl"));
        int port = LoopbackPort.free().number();
        Path configuration = folder.resolve("mosquitto.conf");
        Files.writeString(
                configuration,
                """
                listener %d 127.0.0.1
                allow_anonymous false
                password_file %s
                acl_file %s
                user %s
                """
                        .formatted(
                                port,
                                folder.resolve("passwords"),
                                folder.resolve("acl"),
                                System.getProperty("user.name")));
        List<String> command =
                List.of(installed().orElseThrow().toString(), "-c", configuration.toString());
        Mosquitto mosquitto =
                new Mosquitto(
                        Child.start("mosquitto", folder.resolve("log"), command, Map.of()),
                        folder,
                        port);
        Testbed.await("Mosquitto listens", Line.LONG, mosquitto::listens);
        mosquitto.watch.scheduleWithFixedDelay(
                mosquitto::reloadIfChanged, 0, 100, TimeUnit.MILLISECONDS);
        return mosquitto;
    }

    int port() {
        return port;
    }

    private Optional<Boolean> listens() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            return Optional.of(true);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private List<FileTime> changed() throws IOException {
        return List.of(
                Files.getLastModifiedTime(folder.resolve("passwords")),
                Files.getLastModifiedTime(folder.resolve("acl")));
    }

    private void reloadIfChanged() {
        try {
            List<FileTime> now = changed();
            if (!now.equals(read)) {
                new ProcessBuilder("kill", "-HUP", Long.toString(process.pid())).start().waitFor();
                read = now;
            }
        } catch (IOException e) {
            System.err.println("mosquitto cannot be told to read its files: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws InterruptedException {
        watch.shutdownNow();
        process.close();
    }
}
