package io.karu.uplink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.Digest;
import io.karu.uplink.ImageTransfer.Policy;
import io.karu.uplink.ImageTransfer.Target;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageTransferTest {
    private static final String TOKEN = "secret-token";
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @TempDir Path folder;
    private final Map<Digest, byte[]> spool = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final List<String> puts = new CopyOnWriteArrayList<>();
    private final CountDownLatch slowness = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile int answer = 201;
    private volatile boolean slow;
    private HttpServer aggregator;
    private DurableLedger ledger;
    private ImageTransfer transfer;

    @BeforeEach
    void start() throws IOException {
        aggregator =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        aggregator.setExecutor(threads);
        aggregator.createContext("/uplink/v1/blobs/", this::take);
        aggregator.start();
        open(PATIENCE);
    }

    private void open(Duration answer) throws IOException {
        ledger = new DurableLedger(folder.resolve("ledger"), 1 << 20);
        transfer =
                new ImageTransfer(
                        folder.resolve("transfer"),
                        ledger,
                        new ImageTransfer.Settings(
                                new ImageTransfer.Settings.Timing(
                                        answer, Duration.ofMillis(20), Duration.ofMillis(100)),
                                4));
        transfer.blobs(Optional.of(digest -> Optional.ofNullable(spool.get(digest))));
    }

    @AfterEach
    void stop() throws IOException {
        slowness.countDown();
        close();
        aggregator.stop(0);
        threads.shutdownNow();
    }

    private void close() throws IOException {
        transfer.close();
        ledger.close();
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] content = exchange.getRequestBody().readAllBytes();
            asked.add(exchange.getRequestMethod());
            if (slow) {
                slowness.await();
            }
            String digest =
                    exchange.getRequestURI().getPath().substring("/uplink/v1/blobs/".length());
            boolean known = puts.contains(digest);
            if (!("Bearer " + TOKEN)
                    .equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                exchange.sendResponseHeaders(401, -1);
            } else if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.sendResponseHeaders(known ? 200 : 404, -1);
            } else if (answer != 201) {
                exchange.getResponseHeaders().set("Retry-After", "1");
                exchange.sendResponseHeaders(answer, -1);
            } else {
                assertEquals(digest, digest(content).hex());
                assertEquals("image/png", exchange.getRequestHeaders().getFirst("Content-Type"));
                puts.add(digest);
                exchange.sendResponseHeaders(201, -1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Digest digest(byte[] content) {
        try {
            return new Digest(
                    "sha256:"
                            + HexFormat.of()
                                    .formatHex(
                                            MessageDigest.getInstance("SHA-256").digest(content)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A blob in the spool that begins as a PNG does. */
    private Digest image(int number) {
        byte[] content = new byte[1000];
        System.arraycopy(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10}, 0, content, 0, 8);
        content[100] = (byte) number;
        Digest digest = digest(content);
        spool.put(digest, content);
        return digest;
    }

    private Verdict verdict(int number, Decision decision, Digest image) {
        Verdict like = Verdicts.accept(Verdicts.frame("line-1", number));
        return new Verdict(
                like.frame(),
                like.capturedAt(),
                like.decidedAt(),
                decision,
                like.reason(),
                like.score(),
                like.findings(),
                like.model(),
                like.modelName(),
                image,
                Optional.empty(),
                like.timing());
    }

    private void configure(String token, long bytesPerHour, Policy policy) {
        URI base = URI.create("http://127.0.0.1:" + aggregator.getAddress().getPort());
        transfer.configure(
                Optional.of(new Target(base, token, Optional::empty)), bytesPerHour, policy);
    }

    @Test
    void imagesOfRejectsAreSentOnceAndStandInTheLedger() throws Exception {
        configure(TOKEN, 1_000_000, Policy.SUSPECTS);
        Digest reject = image(1);
        transfer.offer(verdict(1, Decision.REJECT, reject));
        transfer.offer(verdict(2, Decision.ACCEPT, image(2)));
        Await.until("the image", () -> ledger.newest(10).size() == 1);
        assertEquals(reject.value(), ledger.newest(1).get(0).what());
        assertEquals(1000, ledger.newest(1).get(0).bytes());
        transfer.offer(verdict(3, Decision.REJECT, reject));
        Digest other = image(3);
        transfer.offer(verdict(4, Decision.REVIEW, other));
        Await.until("the other image", () -> puts.contains(other.hex()));
        assertEquals(List.of(reject.hex(), other.hex()), puts);
    }

    @Test
    void requestedImagesGoFirstAndUnknownOnesAreNotPromised() throws Exception {
        slow = true;
        configure(TOKEN, 1_000_000, Policy.ALL);
        Digest accepted = image(1);
        Digest rejected = image(2);
        Digest requested = image(3);
        transfer.offer(verdict(1, Decision.ACCEPT, accepted));
        Await.until("the first to be under way", () -> !asked.isEmpty());
        transfer.offer(verdict(2, Decision.REJECT, rejected));
        assertEquals(1, transfer.request(List.of(requested, Verdicts.digest('f'))));
        slow = false;
        slowness.countDown();
        Await.until("all three", () -> puts.size() == 3);
        assertTrue(puts.indexOf(requested.hex()) < 2);
        assertTrue(puts.indexOf(requested.hex()) < puts.indexOf(rejected.hex()));
    }

    @Test
    void aRestartGoesOnWithWhatWaits() throws Exception {
        answer = 500;
        configure(TOKEN, 1_000_000, Policy.SUSPECTS);
        Digest image = image(1);
        transfer.offer(verdict(1, Decision.REJECT, image));
        Await.until("the failure", () -> transfer.status().reason().contains("answered 500"));
        close();
        answer = 201;
        open(PATIENCE);
        configure(TOKEN, 1_000_000, Policy.SUSPECTS);
        Await.until("the image", () -> puts.contains(image.hex()));
    }

    @Test
    void aWrongTokenIsSaidWithoutShowingIt() throws Exception {
        configure("wrong-token", 1_000_000, Policy.SUSPECTS);
        transfer.offer(verdict(1, Decision.REJECT, image(1)));
        Await.until("the reason", () -> transfer.status().reason().contains("refuses the token"));
        assertFalse(transfer.status().reason().contains("wrong-token"));
        configure(TOKEN, 1_000_000, Policy.SUSPECTS);
        Await.until("the image", () -> puts.size() == 1);
    }

    @Test
    void theAggregatorsBudgetIsWaitedFor() throws Exception {
        answer = 429;
        configure(TOKEN, 1_000_000, Policy.SUSPECTS);
        transfer.offer(verdict(1, Decision.REJECT, image(1)));
        Await.until(
                "the reason",
                () -> transfer.status().reason().contains("takes no more at the moment"));
        assertTrue(transfer.status().ok());
        answer = 201;
        Await.until("the image", () -> puts.size() == 1);
    }

    @Test
    void theOwnBudgetIsKeptAlsoAfterARestart() throws Exception {
        configure(TOKEN, 1_500, Policy.SUSPECTS);
        transfer.offer(verdict(1, Decision.REJECT, image(1)));
        transfer.offer(verdict(2, Decision.REJECT, image(2)));
        Await.until(
                "the reason",
                () -> transfer.status().reason().contains("bytes per hour is used up"));
        close();
        open(PATIENCE);
        configure(TOKEN, 1_500, Policy.SUSPECTS);
        Await.until(
                "the reason again",
                () -> transfer.status().reason().contains("bytes per hour is used up"));
        assertEquals(1, puts.size());
    }

    @Test
    void anAggregatorThatHangsIsLeftAtTheDeadline() throws Exception {
        close();
        open(Duration.ofMillis(500));
        slow = true;
        configure(TOKEN, 1_000_000, Policy.SUSPECTS);
        transfer.offer(verdict(1, Decision.REJECT, image(1)));
        Await.until("the reason", () -> transfer.status().reason().contains("no answer within"));
        slow = false;
        Await.until("the image", () -> puts.size() == 1);
    }

    @Test
    void whatIsRefusedForGoodIsGivenUpAndDoesNotBlock() throws Exception {
        answer = 400;
        configure(TOKEN, 1_000_000, Policy.SUSPECTS);
        transfer.offer(verdict(1, Decision.REJECT, image(1)));
        Await.until("given up", () -> transfer.status().reason().contains("1 given up"));
        answer = 201;
        transfer.offer(verdict(2, Decision.REJECT, Verdicts.digest('e')));
        Digest next = image(2);
        transfer.offer(verdict(3, Decision.REJECT, next));
        Await.until("the next image", () -> puts.contains(next.hex()));
        Await.until("the missing one", () -> transfer.status().reason().contains("2 given up"));
    }

    @Test
    void aFullQueueKeepsTheNewestOfTheMostUrgent() throws Exception {
        TransferQueue queue = new TransferQueue(folder.resolve("queue"), 2);
        queue.add(TransferQueue.Urgency.ROUTINE, "image", image(1));
        queue.add(TransferQueue.Urgency.SUSPECT, "image", image(2));
        queue.add(TransferQueue.Urgency.SUSPECT, "image", image(3));
        queue.add(TransferQueue.Urgency.ROUTINE, "image", image(4));
        queue.add(TransferQueue.Urgency.SUSPECT, "image", image(5));
        assertEquals(3, queue.overflowed());
        TransferQueue reopened = new TransferQueue(folder.resolve("queue"), 2);
        assertEquals(2, reopened.size());
        assertEquals(image(3), reopened.first(item -> true).orElseThrow().digest());
    }

    @Test
    void httpsTrustsWhatTheChosenSslManagerTrusts() throws Exception {
        SSLContext trusted = selfSigned();
        HttpsServer server =
                HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(trusted));
        server.setExecutor(threads);
        server.createContext("/uplink/v1/blobs/", this::take);
        server.start();
        try {
            URI base = URI.create("https://127.0.0.1:" + server.getAddress().getPort());
            transfer.configure(
                    Optional.of(new Target(base, TOKEN, Optional::empty)),
                    1_000_000,
                    Policy.SUSPECTS);
            transfer.offer(verdict(1, Decision.REJECT, image(1)));
            Await.until(
                    "the refusal",
                    () -> transfer.status().reason().contains("cannot reach " + base));
            assertTrue(puts.isEmpty());
            transfer.configure(
                    Optional.of(new Target(base, TOKEN, () -> Optional.of(trusted))),
                    1_000_000,
                    Policy.SUSPECTS);
            Await.until("the image", () -> puts.size() == 1);
        } finally {
            server.stop(0);
        }
    }

    /** Serves and trusts one certificate for 127.0.0.1, made by the JDK's keytool. */
    private SSLContext selfSigned() throws Exception {
        Path file = folder.resolve("server.p12");
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "server",
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=127.0.0.1",
                                "-ext",
                                "SAN=ip:127.0.0.1",
                                "-storetype",
                                "PKCS12",
                                "-storepass",
                                "changeit",
                                "-keystore",
                                file.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        assertEquals(0, keytool.waitFor());
        char[] password = "changeit".toCharArray();
        KeyStore keys = KeyStore.getInstance(file.toFile(), password);
        KeyManagerFactory own =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, password);
        KeyStore roots = KeyStore.getInstance("PKCS12");
        roots.load(null, null);
        roots.setCertificateEntry("server", keys.getCertificate("server"));
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(roots);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void addressesThatAreNotHttpAreRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new Target(URI.create("ftp://example.org"), TOKEN, Optional::empty));
        assertFalse(
                new Target(URI.create("http://example.org"), TOKEN, Optional::empty)
                        .toString()
                        .contains(TOKEN));
    }
}
