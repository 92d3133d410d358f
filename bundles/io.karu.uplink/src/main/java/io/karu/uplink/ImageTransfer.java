package io.karu.uplink;

import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.Digest;
import io.karu.api.uplink.Ledger.Departure;
import io.karu.uplink.TransferQueue.Item;
import io.karu.uplink.TransferQueue.Urgency;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends images and heat maps to the aggregator ({@code docs/contracts.md} §3): content-addressed,
 * one at a time, requested ones first, then those of rejects and reviews, within a budget of bytes
 * per hour. The queue is on disk; what fails is tried again and says why. Runs on its own thread.
 */
public final class ImageTransfer implements Closeable {
    /** Where blobs come from. */
    public interface Blobs {
        Optional<byte[]> get(Digest digest) throws IOException;
    }

    /** The TLS settings to be used, asked for each connection. */
    public interface Tls {
        /** Empty: the JVM's own. */
        Optional<SSLContext> context() throws GeneralSecurityException, IOException;
    }

    /** Which verdicts' images are sent without being asked for. */
    public enum Policy {
        /** Only requested ones. */
        REQUESTED,
        /** Those of rejects and reviews. */
        SUSPECTS,
        ALL
    }

    /**
     * The aggregator.
     *
     * @param base address without {@code /uplink/v1}, http or https
     * @param token bearer token
     */
    public record Target(URI base, String token, Tls tls) {
        public Target {
            Objects.requireNonNull(token, "token");
            Objects.requireNonNull(tls, "tls");
            if (!"http".equals(base.getScheme()) && !"https".equals(base.getScheme())
                    || base.getHost() == null) {
                throw new IllegalArgumentException(
                        "aggregator.url \""
                                + base
                                + "\": expected http://host:port or https://host:port");
            }
        }

        /** Never shows the token. */
        @Override
        public String toString() {
            return base.toString();
        }
    }

    /**
     * @param timing deadlines and pauses
     * @param queue most blobs that wait
     */
    public record Settings(Timing timing, int queue) {
        /**
         * @param exchange longest time for one request
         * @param firstRetry pause after the first failure; doubles
         * @param longestRetry longest pause
         */
        public record Timing(Duration exchange, Duration firstRetry, Duration longestRetry) {}

        public static final Settings DEFAULT =
                new Settings(
                        new Timing(
                                Duration.ofSeconds(60),
                                Duration.ofSeconds(1),
                                Duration.ofMinutes(5)),
                        5_000);
    }

    private static final Logger LOG = LoggerFactory.getLogger(ImageTransfer.class);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration IDLE = Duration.ofMinutes(1);
    private static final Duration HOUR = Duration.ofHours(1);

    /**
     * How often a blob that is not yet in the spool is looked for: the spool may be written after
     * the journal.
     */
    private static final int LOOKS = 3;

    /** A blob that was not in the spool when it was looked for. */
    private record Look(int times, long nextNanos) {}

    private final TransferQueue queue;
    private final DurableLedger ledger;
    private final Settings settings;
    private final Thread thread;
    private final ArrayDeque<Departure> spent = new ArrayDeque<>();
    private Optional<Target> target = Optional.empty();
    private Optional<Blobs> blobs = Optional.empty();
    private Optional<HttpClient> client = Optional.empty();
    private Optional<SSLContext> context = Optional.empty();
    private Policy policy = Policy.SUSPECTS;
    private long bytesPerHour;
    private String problem;
    private long problemNanos;
    private String notice;
    private long retryNanos = System.nanoTime();
    private int failures;
    private final Map<Digest, Look> looks = new HashMap<>();
    private long sent;
    private long givenUp;
    private String lastGivenUp;
    private boolean closed;
    private CompletableFuture<?> exchange;

    public ImageTransfer(Path folder, DurableLedger ledger, Settings settings) throws IOException {
        queue = new TransferQueue(folder, settings.queue());
        this.ledger = ledger;
        this.settings = settings;
        List<Departure> earlier = ledger.newest(10_000);
        for (int i = earlier.size() - 1; i >= 0; i--) {
            if (costs(earlier.get(i))) {
                spent.addLast(earlier.get(i));
            }
        }
        thread = new Thread(this::run, "karu-uplink-images");
        thread.setDaemon(true);
        thread.start();
    }

    private static boolean costs(Departure departure) {
        return !departure.kind().equals("verdicts");
    }

    /** Where to send, how much per hour, and what without being asked. */
    public synchronized void configure(Optional<Target> to, long hourlyBytes, Policy unasked) {
        target = to;
        bytesPerHour = hourlyBytes;
        policy = unasked;
        client = Optional.empty();
        failures = 0;
        problem = null;
        retryNanos = System.nanoTime();
        notifyAll();
    }

    /** Where blobs come from; empty while the spool is away. */
    public synchronized void blobs(Optional<Blobs> source) {
        blobs = source;
        notifyAll();
    }

    /** Queues a verdict's images when the policy says so. */
    public void offer(Verdict verdict) {
        boolean suspect = verdict.decision() != Decision.ACCEPT;
        synchronized (this) {
            if (target.isEmpty()
                    || policy == Policy.REQUESTED
                    || policy == Policy.SUSPECTS && !suspect) {
                return;
            }
        }
        Urgency urgency = suspect ? Urgency.SUSPECT : Urgency.ROUTINE;
        try {
            queue.add(urgency, "image", verdict.imageDigest());
            if (verdict.heatMapDigest().isPresent()) {
                queue.add(urgency, "heatmap", verdict.heatMapDigest().get());
            }
        } catch (IOException e) {
            LOG.warn("images of {} are not queued: {}", verdict.frame(), e.toString());
        }
        synchronized (this) {
            notifyAll();
        }
    }

    /** Queues blobs ahead of all others; returns how many this gateway has and will send. */
    public int request(List<Digest> digests) throws IOException {
        Optional<Blobs> source;
        synchronized (this) {
            source = blobs;
        }
        int accepted = 0;
        for (Digest digest : digests) {
            if (source.isPresent() && source.get().get(digest).isPresent()) {
                queue.add(Urgency.REQUESTED, "image", digest);
                accepted++;
            }
        }
        synchronized (this) {
            notifyAll();
        }
        return accepted;
    }

    /**
     * What it does now, from memory. Not ok when the aggregator could not be reached for two
     * minutes.
     */
    public synchronized VerdictPublishing.Status status() {
        StringBuilder counts = new StringBuilder(sent + " sent, " + queue.size() + " wait");
        if (queue.overflowed() > 0) {
            counts.append(", ")
                    .append(queue.overflowed())
                    .append(" dropped because the queue was full");
        }
        if (givenUp > 0) {
            counts.append(", ")
                    .append(givenUp)
                    .append(" given up (last: ")
                    .append(lastGivenUp)
                    .append(")");
        }
        if (target.isEmpty()) {
            return new VerdictPublishing.Status(true, "no aggregator configured, images stay here");
        }
        if (problem != null) {
            boolean ok = System.nanoTime() - problemNanos < PATIENCE.toNanos();
            return new VerdictPublishing.Status(ok, problem + "; " + counts);
        }
        if (notice != null) {
            counts.insert(0, notice + "; ");
        }
        if (blobs.isEmpty()) {
            return new VerdictPublishing.Status(true, "waits for the spool; " + counts);
        }
        return new VerdictPublishing.Status(true, counts.toString());
    }

    private void run() {
        while (true) {
            try {
                if (!step()) {
                    return;
                }
            } catch (InterruptedException e) {
                return;
            } catch (IOException | RuntimeException e) {
                LOG.warn("sending images failed, trying again", e);
                retry("cannot send images: " + e.getMessage(), Optional.empty());
            }
        }
    }

    private boolean step() throws IOException, InterruptedException {
        Target to;
        Blobs source;
        Item item;
        synchronized (this) {
            if (closed) {
                return false;
            }
            long pause = retryNanos - System.nanoTime();
            Optional<Item> first = queue.first(this::ready);
            if (target.isEmpty() || blobs.isEmpty() || first.isEmpty() || pause > 0) {
                long idle =
                        looks.isEmpty()
                                ? IDLE.toMillis()
                                : settings.timing().firstRetry().toMillis();
                wait(
                        pause > 0
                                ? Math.min(pause / 1_000_000 + 1, IDLE.toMillis())
                                : Math.max(1, idle));
                return true;
            }
            to = target.get();
            source = blobs.get();
            item = first.get();
        }
        Optional<byte[]> content = source.get(item.digest());
        if (content.isEmpty()) {
            lookAgain(item);
            return true;
        }
        Optional<String> type = imageType(content.get());
        if (type.isEmpty()) {
            giveUp(item, item.digest() + " is not a JPEG, PNG or BMP image");
        } else if (afford(item, content.get().length)) {
            send(to, item, content.get(), type.get());
        }
        return true;
    }

    private boolean ready(Item item) {
        Look look = looks.get(item.digest());
        return look == null || look.nextNanos() - System.nanoTime() <= 0;
    }

    private void lookAgain(Item item) throws IOException {
        Look earlier = looks.get(item.digest());
        int times = earlier == null ? 1 : earlier.times() + 1;
        if (times < LOOKS) {
            long next = System.nanoTime() + settings.timing().firstRetry().toNanos();
            looks.put(item.digest(), new Look(times, next));
        } else {
            giveUp(item, item.digest() + " is not in the spool");
        }
    }

    private void giveUp(Item item, String reason) throws IOException {
        queue.remove(item);
        looks.remove(item.digest());
        LOG.info("{} of the queue is given up: {}", item.kind(), reason);
        synchronized (this) {
            givenUp++;
            lastGivenUp = reason;
        }
    }

    private boolean afford(Item item, int bytes) throws IOException {
        Instant now = Instant.now();
        synchronized (this) {
            while (!spent.isEmpty() && spent.peekFirst().at().isBefore(now.minus(HOUR))) {
                spent.removeFirst();
            }
            if (bytes > bytesPerHour) {
                giveUp(
                        item,
                        item.digest()
                                + " has "
                                + bytes
                                + " bytes, more than the budget of an hour");
                return false;
            }
            long used = spent.stream().mapToLong(Departure::bytes).sum();
            if (used + bytes > bytesPerHour) {
                Duration wait = Duration.between(now, spent.peekFirst().at().plus(HOUR));
                retryNanos = System.nanoTime() + Math.max(wait.toNanos(), 1_000_000_000L);
                notice =
                        "the budget of "
                                + bytesPerHour
                                + " bytes per hour is used up, next in "
                                + minutes(wait);
                return false;
            }
            notice = null;
            return true;
        }
    }

    private static String minutes(Duration duration) {
        return duration.toMinutes() + 1 + " min";
    }

    static Optional<String> imageType(byte[] content) {
        if (content.length > 8
                && (content[0] & 0xff) == 0x89
                && content[1] == 'P'
                && content[2] == 'N') {
            return Optional.of("image/png");
        }
        if (content.length > 3 && (content[0] & 0xff) == 0xff && (content[1] & 0xff) == 0xd8) {
            return Optional.of("image/jpeg");
        }
        if (content.length > 2 && content[0] == 'B' && content[1] == 'M') {
            return Optional.of("image/bmp");
        }
        return Optional.empty();
    }

    private void send(Target to, Item item, byte[] content, String type)
            throws IOException, InterruptedException {
        URI blob =
                URI.create(
                        to.base().toString().replaceAll("/+$", "")
                                + "/uplink/v1/blobs/"
                                + item.digest().hex());
        HttpRequest.Builder request =
                HttpRequest.newBuilder(blob)
                        .timeout(settings.timing().exchange())
                        .header("Authorization", "Bearer " + to.token());
        try {
            int known =
                    exchange(to, request.copy().method("HEAD", BodyPublishers.noBody()).build())
                            .statusCode();
            if (known == 200) {
                settle(item);
                return;
            }
            HttpResponse<Void> reply =
                    exchange(
                            to,
                            request.header("Content-Type", type)
                                    .PUT(BodyPublishers.ofByteArray(content))
                                    .build());
            judge(to, item, content.length, reply);
        } catch (ExecutionException
                | TimeoutException
                | CancellationException
                | GeneralSecurityException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            String what =
                    e instanceof TimeoutException || cause instanceof HttpTimeoutException
                            ? "no answer within " + settings.timing().exchange().toSeconds() + " s"
                            : cause.toString();
            retry("cannot reach " + to + ": " + what, Optional.empty());
        }
    }

    private HttpResponse<Void> exchange(Target to, HttpRequest request)
            throws IOException,
                    GeneralSecurityException,
                    InterruptedException,
                    ExecutionException,
                    TimeoutException {
        CompletableFuture<HttpResponse<Void>> answer =
                client(to).sendAsync(request, BodyHandlers.discarding());
        synchronized (this) {
            exchange = answer;
            if (closed) {
                answer.cancel(true);
            }
        }
        try {
            return answer.get(
                    settings.timing().exchange().toMillis() + 1_000, TimeUnit.MILLISECONDS);
        } finally {
            answer.cancel(true);
        }
    }

    private HttpClient client(Target to) throws GeneralSecurityException, IOException {
        Optional<SSLContext> wanted =
                to.base().getScheme().equals("https") ? to.tls().context() : Optional.empty();
        synchronized (this) {
            if (client.isEmpty() || !wanted.equals(context)) {
                HttpClient.Builder builder =
                        HttpClient.newBuilder()
                                .version(HttpClient.Version.HTTP_1_1)
                                .followRedirects(HttpClient.Redirect.NEVER)
                                .connectTimeout(Duration.ofSeconds(10));
                wanted.ifPresent(builder::sslContext);
                client = Optional.of(builder.build());
                context = wanted;
            }
            return client.get();
        }
    }

    private void judge(Target to, Item item, int bytes, HttpResponse<Void> reply)
            throws IOException {
        switch (reply.statusCode()) {
            case 200 -> settle(item);
            case 201 -> {
                Departure departure =
                        new Departure(
                                Instant.now(),
                                item.kind(),
                                item.digest().value(),
                                to.toString(),
                                bytes);
                synchronized (this) {
                    spent.addLast(departure);
                    sent++;
                }
                ledger.add(departure);
                settle(item);
            }
            case 400 ->
                    giveUp(
                            item,
                            to
                                    + " says that the content of "
                                    + item.digest()
                                    + " does not have that digest");
            case 413 ->
                    giveUp(
                            item,
                            to + " finds " + item.digest() + " with " + bytes + " bytes too large");
            case 401, 403 ->
                    retry(
                            to + " refuses the token: set aggregator.token",
                            Optional.of(settings.timing().longestRetry()));
            case 429 -> {
                synchronized (this) {
                    notice = to + " takes no more at the moment (its budget)";
                    retryNanos =
                            System.nanoTime()
                                    + retryAfter(reply).orElse(Duration.ofMinutes(1)).toNanos();
                }
            }
            default -> retry(to + " answered " + reply.statusCode(), retryAfter(reply));
        }
    }

    private static Optional<Duration> retryAfter(HttpResponse<Void> reply) {
        return reply.headers()
                .firstValue("Retry-After")
                .filter(text -> text.matches("\\d{1,5}"))
                .map(text -> Duration.ofSeconds(Long.parseLong(text)));
    }

    private void settle(Item item) throws IOException {
        queue.remove(item);
        synchronized (this) {
            looks.remove(item.digest());
            failures = 0;
            problem = null;
        }
    }

    private synchronized void retry(String reason, Optional<Duration> pause) {
        if (closed) {
            return;
        }
        if (problem == null) {
            problemNanos = System.nanoTime();
        }
        if (!reason.equals(problem)) {
            LOG.info("{}, trying again", reason);
        }
        problem = reason;
        Duration grown =
                settings.timing().firstRetry().multipliedBy(1L << Math.min(failures++, 20));
        Duration longest = settings.timing().longestRetry();
        retryNanos =
                System.nanoTime()
                        + pause.orElse(grown.compareTo(longest) < 0 ? grown : longest).toNanos();
    }

    /** Ends what is under way; the queue stays on disk. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            if (exchange != null) {
                exchange.cancel(true);
            }
            notifyAll();
        }
        Threads.join(thread);
        client = Optional.empty();
    }
}
