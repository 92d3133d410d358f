package io.karu.testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Loopback ports by name, the same at every start of a test bed. A port is claimed by a locked file
 * until the test bed is closed or its process ends: between the look whether it is free and its use
 * no other test bed takes it.
 */
final class Ports implements AutoCloseable {
    private static final Path CLAIMS =
            Path.of(
                    System.getProperty("java.io.tmpdir"),
                    "karu-ports-" + System.getProperty("user.name"));
    private static final int ATTEMPTS = 100;

    private final Path file;
    private final Properties known = new Properties();
    private final Map<String, Integer> inUse = new HashMap<>();
    private final List<FileChannel> claims = new ArrayList<>();

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
        if (before != null && claim(Integer.parseInt(before))) {
            return Integer.parseInt(before);
        }
        int port = preferred > 0 && claim(preferred) ? preferred : anyFree();
        known.setProperty(name, Integer.toString(port));
        Files.createDirectories(file.getParent());
        try (OutputStream out = Files.newOutputStream(file)) {
            known.store(out, "Ports of this test bed");
        }
        return port;
    }

    private boolean claim(int port) throws IOException {
        Files.createDirectories(CLAIMS);
        FileChannel claim =
                FileChannel.open(
                        CLAIMS.resolve(Integer.toString(port)),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        if (locked(claim) && free(port)) {
            claims.add(claim);
            return true;
        }
        claim.close();
        return false;
    }

    private static boolean locked(FileChannel claim) throws IOException {
        try {
            return claim.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
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

    private int anyFree() throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int port;
            try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = probe.getLocalPort();
            }
            if (claim(port)) {
                return port;
            }
        }
        throw new IOException("no free port on this machine's loopback");
    }

    /** Lets other test beds have the ports. */
    @Override
    public void close() throws IOException {
        for (FileChannel claim : claims) {
            claim.close();
        }
        claims.clear();
        inUse.clear();
    }
}
