package io.karu.gateway.protocol;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Serves packages over HTTP with their length; {@link #hold} makes it stop after the first half.
 */
final class PackageServer implements AutoCloseable {

    private static final long MOST_SECONDS = 60;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    private volatile CountDownLatch held = new CountDownLatch(0);

    PackageServer() {
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.createContext("/moved/", this::redirect);
        server.start();
    }

    String offer(String name, byte[] content) {
        files.put("/" + name, content);
        return base() + "/" + name;
    }

    String base() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    void hold() {
        held = new CountDownLatch(1);
    }

    void release() {
        held.countDown();
    }

    @Override
    public void close() {
        release();
        server.stop(0);
        threads.shutdownNow();
    }

    private void redirect(HttpExchange exchange) throws IOException {
        String name = exchange.getRequestURI().getPath().substring("/moved/".length());
        exchange.getResponseHeaders().add("Location", base() + "/" + name);
        exchange.sendResponseHeaders(302, -1);
        exchange.close();
    }

    private void serve(HttpExchange exchange) throws IOException {
        byte[] content = files.get(exchange.getRequestURI().getPath());
        if (content == null) {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
            return;
        }
        exchange.sendResponseHeaders(200, content.length);
        try (OutputStream out = exchange.getResponseBody()) {
            int half = content.length / 2;
            out.write(content, 0, half);
            out.flush();
            held.await(MOST_SECONDS, TimeUnit.SECONDS);
            out.write(content, half, content.length - half);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // the gateway went away
        }
    }
}
