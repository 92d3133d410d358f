package io.karu.ports;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A port of loopback that is claimed by a locked file until it is closed or the process ends:
 * between the look whether it is free and its use no other claimant of this user gets it, in this
 * process or another.
 */
public final class LoopbackPort implements AutoCloseable {
    private static final Path CLAIMS =
            Path.of(
                    System.getProperty("java.io.tmpdir"),
                    "karu-ports-" + System.getProperty("user.name"));

    // Below what systems hand out themselves, to outgoing connections and to who binds port 0.
    private static final int LOWEST = 20_000;
    private static final int END = 32_768;
    private static final int ATTEMPTS = 1_000;

    // A claim that nobody refers to any more holds on: its port may be in use.
    private static final Set<LoopbackPort> CLAIMED = ConcurrentHashMap.newKeySet();

    private final int number;
    private final FileChannel claim;

    private LoopbackPort(int number, FileChannel claim) {
        this.number = number;
        this.claim = claim;
    }

    /**
     * Claims any free port.
     *
     * @throws IOException when none is found or claims cannot be written
     */
    public static LoopbackPort free() throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<LoopbackPort> port = claim(ThreadLocalRandom.current().nextInt(LOWEST, END));
            if (port.isPresent()) {
                return port.get();
            }
        }
        throw new IOException(
                "no free port on this machine's loopback from " + LOWEST + " to " + (END - 1));
    }

    /** Claims this port; empty when it is claimed or somebody listens there. */
    public static Optional<LoopbackPort> claim(int number) throws IOException {
        Files.createDirectories(CLAIMS);
        FileChannel claim =
                FileChannel.open(
                        CLAIMS.resolve(Integer.toString(number)),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        if (!locked(claim) || !silent(number)) {
            claim.close();
            return Optional.empty();
        }
        LoopbackPort port = new LoopbackPort(number, claim);
        CLAIMED.add(port);
        return Optional.of(port);
    }

    private static boolean locked(FileChannel claim) throws IOException {
        try {
            return claim.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static boolean silent(int number) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), number));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    public int number() {
        return number;
    }

    /** Lets others have it. */
    @Override
    public void close() {
        CLAIMED.remove(this);
        try {
            claim.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the claim of port " + number + " stays", e);
        }
    }
}
