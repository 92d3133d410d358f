package io.karu.aggregator;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Mosquitto of this machine's packages, on a free port of loopback. */
public final class MosquittoServer implements AutoCloseable {
    private final Process process;
    private final int port;

    private MosquittoServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    public static Optional<Path> installed() {
        return Stream.of("/usr/sbin/mosquitto", "/usr/bin/mosquitto")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts with {@code passwords} and {@code acl} in the folder, as the generator writes them.
     */
    public static MosquittoServer start(Path folder, int port)
            throws IOException, InterruptedException {
        return start(folder, port, "");
    }

    /** With further listeners, whose settings are their own. */
    static MosquittoServer start(Path folder, int port, String listeners)
            throws IOException, InterruptedException {
        Path configuration = folder.resolve("mosquitto.conf");
        Files.writeString(
                configuration,
                """
                per_listener_settings true
                user %s
                listener %d 127.0.0.1
                allow_anonymous false
                password_file %s
                acl_file %s
                %s"""
                        .formatted(
                                System.getProperty("user.name"),
                                port,
                                folder.resolve("passwords"),
                                folder.resolve("acl"),
                                listeners));
        Process process =
                new ProcessBuilder(
                                installed().orElseThrow().toString(),
                                "-c",
                                configuration.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("mosquitto.log").toFile())
                        .start();
        MosquittoServer server = new MosquittoServer(process, port);
        Workbench.await("Mosquitto listens", server::listens);
        return server;
    }

    private boolean listens() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Makes it read its files again. */
    void reload() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-HUP", Long.toString(process.pid())).start().waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
