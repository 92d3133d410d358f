package io.karu.page;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.karu.page.exchange.Exchange;
import io.karu.page.exchange.ExchangeHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The page on the JDK's HTTP server, on loopback and a free port. */
final class PageServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    PageServer(ExchangeHandler page) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext(
                "/karu",
                exchange -> {
                    try (exchange) {
                        Jdk adapted = new Jdk(exchange);
                        page.handle(adapted);
                        adapted.answer().flush();
                    }
                });
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/karu");
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private static final class Jdk implements Exchange {
        private final HttpExchange exchange;
        private int status = 200;
        private OutputStream body;

        Jdk(HttpExchange exchange) {
            this.exchange = exchange;
        }

        @Override
        public String method() {
            return exchange.getRequestMethod();
        }

        @Override
        public String path() {
            return exchange.getRequestURI().getPath().substring("/karu".length());
        }

        @Override
        public Optional<String> header(String name) {
            return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
        }

        @Override
        public Optional<String> query() {
            return Optional.ofNullable(exchange.getRequestURI().getRawQuery());
        }

        @Override
        public String remote() {
            return exchange.getRemoteAddress().getAddress().getHostAddress();
        }

        @Override
        public InputStream body() {
            return exchange.getRequestBody();
        }

        @Override
        public Optional<InputStream> part(String name) {
            return Optional.empty();
        }

        @Override
        public void status(int code) {
            status = code;
        }

        @Override
        public void answerHeader(String name, String value) {
            exchange.getResponseHeaders().set(name, value);
        }

        @Override
        public OutputStream answer() {
            try {
                if (body == null) {
                    boolean none = status == 304 || status == 302 || method().equals("HEAD");
                    String length = exchange.getResponseHeaders().getFirst("Content-Length");
                    long bytes = length == null ? 0 : Long.parseLong(length);
                    exchange.sendResponseHeaders(status, none ? -1 : bytes);
                    body = exchange.getResponseBody();
                }
                return body;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
