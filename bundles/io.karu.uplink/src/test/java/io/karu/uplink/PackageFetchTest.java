package io.karu.uplink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.karu.uplink.ImageTransfer.Target;
import io.karu.uplink.PackageFetch.Order;
import io.karu.uplink.PackageFetch.State;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packages in chunks, from a server of the test's own. */
class PackageFetchTest {
    private static final int CHUNK = 1 << 20;

    @TempDir Path folder;
    private Path downloads;
    private HttpServer server;
    private List<String> chunks;
    private Order order;
    private long size;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicInteger wrong = new AtomicInteger();
    private final AtomicInteger refuse = new AtomicInteger();

    @BeforeEach
    void serve() throws Exception {
        downloads = folder.resolve("downloads");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/uplink/v1/packages/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void a200MegabytePackageGoesOnAfterKillMinusNineAndNearlyNothingIsSentAgain() throws Exception {
        offer(200L * 1000 * 1000);
        for (int part = 1; part <= 2; part++) {
            Process gateway = gateway();
            long until = size * part / 3;
            Await.until("a part has been sent", () -> sent.get() > until || !gateway.isAlive());
            assertTrue(gateway.isAlive(), "the gateway ended by itself");
            gateway.destroyForcibly().waitFor();
            assertFalse(Files.exists(downloads.resolve("line_1.0.0.dp")));
        }
        Process last = gateway();
        assertTrue(last.waitFor(2, TimeUnit.MINUTES), "the gateway does not finish");
        assertEquals(0, last.exitValue());
        assertEquals(
                order.sha256(), sha256(Files.readAllBytes(downloads.resolve("line_1.0.0.dp"))));
        long again = sent.get() - size;
        assertTrue(again <= 4L * CHUNK, again + " bytes were sent again");
        try (Stream<Path> left = Files.list(folder.resolve("data"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void aChunkThatCameWrongIsFetchedAgainAndOneThatStaysWrongEndsIt() throws Exception {
        offer(3L * CHUNK + 17);
        wrong.set(1);
        try (PackageFetch fetch = fetch()) {
            fetch.order(order);
            Await.until("done", () -> state(fetch) == State.DONE);
            assertEquals(size + CHUNK, sent.get());
        }
        offer(2L * CHUNK);
        wrong.set(Integer.MAX_VALUE);
        try (PackageFetch fetch = fetch()) {
            fetch.order(order);
            Await.until("failed", () -> state(fetch) == State.FAILED);
            assertTrue(fetch.status().orElseThrow().reason().contains("another content"));
            wrong.set(0);
            fetch.order(order);
            Await.until("done", () -> state(fetch) == State.DONE);
        }
    }

    @Test
    void aServerThatIsAwayIsTriedAgainAndWhatArrivedIsKept() throws Exception {
        offer(5L * CHUNK);
        refuse.set(3);
        try (PackageFetch fetch = fetch()) {
            fetch.order(order);
            Await.until("done", () -> state(fetch) == State.DONE);
            assertEquals(size, sent.get());
        }
    }

    @Test
    void whatLiesDamagedOnTheDiskIsFetchedAgain() throws Exception {
        offer(4L * CHUNK);
        Path part =
                Files.createDirectories(folder.resolve("data")).resolve(order.sha256() + ".part");
        byte[] damaged = new byte[2 * CHUNK];
        System.arraycopy(chunk(0), 0, damaged, 0, CHUNK);
        Files.write(part, damaged);
        try (PackageFetch fetch = fetch()) {
            fetch.order(order);
            Await.until("done", () -> state(fetch) == State.DONE);
            assertEquals(3L * CHUNK, sent.get());
        }
    }

    @Test
    void anOrderIsReplacedByAnotherAndItsPartIsRemoved() throws Exception {
        offer(4L * CHUNK);
        Order first = order;
        refuse.set(Integer.MAX_VALUE);
        try (PackageFetch fetch = fetch()) {
            fetch.order(first);
            offer(2L * CHUNK);
            refuse.set(0);
            fetch.order(order);
            Await.until("done", () -> state(fetch) == State.DONE);
            assertEquals(order, fetch.status().orElseThrow().order());
        }
        try (Stream<Path> left = Files.list(folder.resolve("data"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void namesThatLeaveTheFolderAreRefused() {
        for (String name : List.of("../line", "a/b", "", ".line")) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new Order(name, "1.0.0", "0".repeat(64)),
                    name);
        }
        assertThrows(
                IllegalArgumentException.class, () -> PackageFetch.parse("{\"name\":\"line\"}"));
    }

    /** A gateway in its own process: goes on with the order, ends with 0 when it is done. */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        try (PackageFetch fetch =
                new PackageFetch(
                        folder.resolve("data"),
                        folder.resolve("downloads"),
                        new PackageFetch.Pauses(Duration.ofMillis(50), Duration.ofSeconds(1)))) {
            fetch.configure(
                    Optional.of(target(Integer.parseInt(arguments[1]))),
                    folder.resolve("downloads"));
            if (fetch.status().isEmpty()) {
                fetch.order(new Order("line", "1.0.0", arguments[2]));
            }
            while (state(fetch) == State.RUNNING) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            System.exit(state(fetch) == State.DONE ? 0 : 1);
        }
    }

    private Process gateway() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PackageFetchTest.class.getName(),
                        folder.toString(),
                        Integer.toString(server.getAddress().getPort()),
                        order.sha256())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("gateway.log").toFile()))
                .start();
    }

    private PackageFetch fetch() throws IOException {
        PackageFetch fetch =
                new PackageFetch(
                        folder.resolve("data"),
                        downloads,
                        new PackageFetch.Pauses(Duration.ofMillis(10), Duration.ofMillis(50)));
        fetch.configure(Optional.of(target(server.getAddress().getPort())), downloads);
        return fetch;
    }

    private static Target target(int port) {
        return new Target(URI.create("http://127.0.0.1:" + port), "token", Optional::empty);
    }

    private static State state(PackageFetch fetch) {
        return fetch.status().orElseThrow().state();
    }

    private void offer(long bytes) throws Exception {
        size = bytes;
        sent.set(0);
        chunks = new ArrayList<>();
        MessageDigest whole = MessageDigest.getInstance("SHA-256");
        for (int index = 0; (long) index * CHUNK < size; index++) {
            byte[] chunk = chunk(index);
            whole.update(chunk);
            chunks.add(sha256(chunk));
        }
        order = new Order("line", "1.0.0", HexFormat.of().formatHex(whole.digest()));
    }

    private byte[] chunk(int index) {
        byte[] chunk = new byte[(int) Math.min(CHUNK, size - (long) index * CHUNK)];
        new SplittableRandom(size + index).nextBytes(chunk);
        return chunk;
    }

    private void answer(HttpExchange exchange) throws IOException {
        boolean known =
                "Bearer token".equals(exchange.getRequestHeaders().getFirst("Authorization"));
        String[] path = exchange.getRequestURI().getPath().split("/");
        boolean refused = refuse.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        if (!known || !path[4].equals(order.sha256()) || refused) {
            exchange.sendResponseHeaders(503, -1);
        } else if (path.length == 6) {
            send(exchange, list().getBytes(StandardCharsets.UTF_8));
        } else {
            byte[] content = chunk(chunks.indexOf(path[6]));
            sent.addAndGet(content.length);
            if (wrong.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                content[0] ^= 1;
            }
            send(exchange, content);
        }
        exchange.close();
    }

    private static void send(HttpExchange exchange, byte[] content) throws IOException {
        exchange.sendResponseHeaders(200, content.length);
        exchange.getResponseBody().write(content);
    }

    private String list() {
        JsonObject list = new JsonObject();
        list.addProperty("contract", 1);
        list.addProperty("sha256", order.sha256());
        list.addProperty("size", size);
        list.addProperty("chunkBytes", CHUNK);
        JsonArray all = new JsonArray();
        chunks.forEach(all::add);
        list.add("chunks", all);
        return list.toString();
    }

    private static String sha256(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }
}
