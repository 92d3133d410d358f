package io.karu.testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** Loopback ports by name, the same at every start of a test bed. */
final class Ports {
    private final Path file;
    private final Properties known = new Properties();
    private final Map<String, Integer> inUse = new HashMap<>();

    Ports(Path file) throws IOException {
        this.file = file;
        if (Files.exists(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                known.load(in);
            }
        }
    }

    /**
     * The port of that name: the one used before; else the preferred one if it is free; else any
     * free one.
     */
    int port(String name, int preferred) throws IOException {
        Integer assigned = inUse.get(name);
        if (assigned != null) {
            return assigned;
        }
        int port = choose(name, preferred);
        inUse.put(name, port);
        return port;
    }

    private int choose(String name, int preferred) throws IOException {
        String before = known.getProperty(name);
        if (before != null && free(Integer.parseInt(before))) {
            return Integer.parseInt(before);
        }
        int port = preferred > 0 && free(preferred) ? preferred : anyFree();
        known.setProperty(name, Integer.toString(port));
        Files.createDirectories(file.getParent());
        try (OutputStream out = Files.newOutputStream(file)) {
            known.store(out, "Ports of this test bed");
        }
        return port;
    }

    private static boolean free(int port) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static int anyFree() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }
}
