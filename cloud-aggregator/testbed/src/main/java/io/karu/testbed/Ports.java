package io.karu.testbed;

import io.karu.ports.LoopbackPort;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * Loopback ports by name, the same at every start of a test bed, claimed until it is closed or its
 * process ends.
 */
final class Ports implements AutoCloseable {
    private final Path file;
    private final Properties known = new Properties();
    private final Map<String, Integer> inUse = new HashMap<>();
    private final List<LoopbackPort> claims = new ArrayList<>();

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
        Optional<LoopbackPort> claim = LoopbackPort.claim(port);
        claim.ifPresent(claims::add);
        return claim.isPresent();
    }

    private int anyFree() throws IOException {
        LoopbackPort port = LoopbackPort.free();
        claims.add(port);
        return port.number();
    }

    /** Lets other test beds have the ports. */
    @Override
    public void close() {
        claims.forEach(LoopbackPort::close);
        claims.clear();
        inUse.clear();
    }
}
