package io.karu.testbed;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * A network cable on loopback that can be pulled, plugged in again, and slow: forwards TCP
 * connections to a port.
 */
public final class Cable implements AutoCloseable {
    private final ServerSocket listener;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicLong delivered = new AtomicLong();
    private volatile boolean pulled;
    private volatile long bytesPerSecond = Long.MAX_VALUE;

    private Cable(ServerSocket listener, int target) {
        this.listener = listener;
        this.target = target;
    }

    /**
     * Lays a cable.
     *
     * @param port where to listen, 0 for any free port
     * @param target loopback port to forward to
     */
    public static Cable lay(int port, int target) throws IOException {
        ServerSocket listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        Cable cable = new Cable(listener, target);
        cable.spawn("karu-cable-" + listener.getLocalPort(), cable::accept);
        return cable;
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Drops every connection and refuses new ones. */
    public void pull() {
        pulled = true;
        sockets.forEach(Cable::closeQuietly);
    }

    /** Lets connections through again. */
    public void plugIn() {
        pulled = false;
    }

    /** How fast each connection brings what comes back from the port. */
    public void limit(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** Bytes that came back from the port so far. */
    public long delivered() {
        return delivered.get();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket near = listener.accept();
                if (pulled) {
                    near.close();
                    continue;
                }
                connect(near);
            } catch (IOException e) {
                if (listener.isClosed()) {
                    return;
                }
            }
        }
    }

    private void connect(Socket near) throws IOException {
        Socket far;
        try {
            far = new Socket(InetAddress.getLoopbackAddress(), target);
        } catch (IOException e) {
            near.close();
            return;
        }
        sockets.add(near);
        sockets.add(far);
        if (pulled) {
            pull();
        }
        spawn("karu-cable-up", () -> copy(near, far, n -> {}));
        spawn("karu-cable-down", () -> copy(far, near, this::deliver));
    }

    private void deliver(int bytes) {
        delivered.addAndGet(bytes);
        long nanos = (long) (1e9 * bytes / bytesPerSecond);
        LockSupport.parkNanos(nanos);
    }

    private void copy(Socket from, Socket to, IntConsumer carried) {
        byte[] buffer = new byte[16384];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                to.getOutputStream().write(buffer, 0, n);
                to.getOutputStream().flush();
                carried.accept(n);
            }
        } catch (IOException e) {
            // A pulled cable ends both directions; the ends see it themselves.
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private void spawn(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // Already gone.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        pull();
    }
}
