package io.karu.aggregator;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Takes traces as a collector does: OTLP over HTTP with protobuf. The numbers are the fields of
 * opentelemetry-proto's ExportTraceServiceRequest.
 */
final class OtlpCollector implements AutoCloseable {
    private static final String PATH = "/v1/traces";
    private static final String PROTOBUF = "application/x-protobuf";

    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    /** What arrived of a span, with the attributes of who sent it. */
    record Span(String trace, String name, Map<String, String> resource) {}

    OtlpCollector() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(PATH, this::take);
        server.start();
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + PATH);
    }

    List<Span> spans() {
        return spans;
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (!PROTOBUF.equals(exchange.getRequestHeaders().getFirst("Content-Type"))) {
                exchange.sendResponseHeaders(415, -1);
                return;
            }
            for (UnknownFieldSet sent : messages(UnknownFieldSet.parseFrom(body), 1)) {
                Map<String, String> resource = attributes(messages(sent, 1).get(0));
                for (UnknownFieldSet scope : messages(sent, 2)) {
                    for (UnknownFieldSet span : messages(scope, 2)) {
                        spans.add(span(span, resource));
                    }
                }
            }
            exchange.getResponseHeaders().set("Content-Type", PROTOBUF);
            exchange.sendResponseHeaders(200, -1);
        }
    }

    private static Span span(UnknownFieldSet span, Map<String, String> resource) {
        byte[] trace = span.getField(1).getLengthDelimitedList().get(0).toByteArray();
        return new Span(HexFormat.of().formatHex(trace), text(span, 5), resource);
    }

    private static Map<String, String> attributes(UnknownFieldSet resource) throws IOException {
        Map<String, String> attributes = new HashMap<>();
        for (UnknownFieldSet attribute : messages(resource, 1)) {
            attributes.put(text(attribute, 1), text(messages(attribute, 2).get(0), 1));
        }
        return attributes;
    }

    private static List<UnknownFieldSet> messages(UnknownFieldSet of, int field)
            throws IOException {
        List<UnknownFieldSet> messages = new ArrayList<>();
        for (ByteString bytes : of.getField(field).getLengthDelimitedList()) {
            messages.add(UnknownFieldSet.parseFrom(bytes));
        }
        return messages;
    }

    private static String text(UnknownFieldSet of, int field) {
        List<ByteString> values = of.getField(field).getLengthDelimitedList();
        return values.isEmpty() ? "" : values.get(0).toStringUtf8();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
