package io.karu.testbed;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A network cable on loopback that can be pulled and plugged in again: forwards TCP connections to
 * a port.
 */
public final class Cable implements AutoCloseable {
    private final ServerSocket listener;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile boolean pulled;

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
        spawn("karu-cable-up", () -> copy(near, far));
        spawn("karu-cable-down", () -> copy(far, near));
    }

    private void copy(Socket from, Socket to) {
        byte[] buffer = new byte[16384];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                to.getOutputStream().write(buffer, 0, n);
                to.getOutputStream().flush();
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
