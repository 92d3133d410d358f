package io.karu.uplink;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.karu.uplink.ImageTransfer.Target;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches a deployment package from the aggregator in chunks ({@code docs/contracts.md} §3) and
 * puts it where Kura's DEPLOY-V2 finds it as already downloaded. What has arrived stays over
 * failures and power cuts; the order too, so that it goes on by itself. One package at a time, on
 * its own thread.
 */
public final class PackageFetch implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(PackageFetch.class);
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,200}");
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration EXCHANGE = Duration.ofSeconds(120);
    private static final int WRONG_IN_A_ROW = 3;
    private static final String ORDER = "order.json";

    private final Path folder;
    private final Pauses pauses;
    private final Thread thread;
    private Optional<Target> target = Optional.empty();
    private Path downloads;
    private Order order;
    private Status status;
    private boolean closed;

    /**
     * A package that is wanted.
     *
     * @param sha256 of the whole file, in hexadecimal
     */
    public record Order(String name, String version, String sha256) {
        public Order {
            if (!PART.matcher(name).matches() || !PART.matcher(version).matches()) {
                throw new IllegalArgumentException(
                        "package \"" + name + "\" \"" + version + "\" is no name and version");
            }
            if (!SHA_256.matcher(sha256).matches()) {
                throw new IllegalArgumentException(
                        "sha256 \"" + sha256 + "\" is not 64 hexadecimal digits");
            }
        }

        String fileName() {
            return name + "_" + version + ".dp";
        }
    }

    /** Between two attempts; the pause doubles. */
    public record Pauses(Duration first, Duration longest) {
        public static final Pauses DEFAULT =
                new Pauses(Duration.ofSeconds(1), Duration.ofMinutes(1));
    }

    /** Where a fetch stands. */
    public enum State {
        RUNNING,
        /** The file is in Kura's downloads folder. */
        DONE,
        /** It will not succeed; the reason says why. */
        FAILED
    }

    /** A fetch, for a person and the aggregator. */
    public record Status(Order order, State state, long received, long size, String reason) {}

    /** Cannot be mended by trying again. */
    private static final class Hopeless extends IOException {
        private static final long serialVersionUID = 1L;

        Hopeless(String message) {
            super(message);
        }
    }

    /** Goes on with what was ordered before, once {@link #configure} has said where from. */
    public PackageFetch(Path folder, Path downloads, Pauses pauses) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.downloads = downloads;
        this.pauses = pauses;
        Path kept = folder.resolve(ORDER);
        if (Files.exists(kept)) {
            try {
                begin(parse(Files.readString(kept)));
            } catch (IllegalArgumentException e) {
                LOG.warn("{} is not an order, it is forgotten: {}", kept, e.getMessage());
                Files.delete(kept);
            }
        }
        thread = new Thread(this::run, "karu-uplink-packages");
        thread.setDaemon(true);
        thread.start();
    }

    /** Where to fetch from, and where Kura looks for what it has downloaded. */
    public synchronized void configure(Optional<Target> from, Path kurasDownloads) {
        target = from;
        downloads = kurasDownloads;
        notifyAll();
    }

    /**
     * Begins to fetch a package, in place of any other; the same order again changes nothing while
     * it runs or when its file is there.
     */
    public synchronized Status order(Order wanted) throws IOException {
        boolean same = wanted.equals(order);
        boolean there =
                same
                        && status.state() == State.DONE
                        && Files.exists(downloads.resolve(wanted.fileName()));
        if (same && (there || status.state() == State.RUNNING)) {
            return status;
        }
        try (Stream<Path> old = Files.list(folder)) {
            for (Path part : old.filter(p -> !isOf(p, wanted)).toList()) {
                Files.delete(part);
            }
        }
        DurableFiles.replace(
                folder.resolve(ORDER), json(wanted).toString().getBytes(StandardCharsets.UTF_8));
        begin(wanted);
        notifyAll();
        return status;
    }

    private static boolean isOf(Path part, Order wanted) {
        return part.getFileName().toString().startsWith(wanted.sha256());
    }

    private void begin(Order wanted) {
        order = wanted;
        status = new Status(wanted, State.RUNNING, 0, 0, "begins");
    }

    /** The newest fetch; absent when none was ordered. */
    public synchronized Optional<Status> status() {
        return Optional.ofNullable(status);
    }

    private void run() {
        Duration pause = pauses.first();
        while (true) {
            Order wanted;
            Target from;
            Path to;
            synchronized (this) {
                try {
                    while (!closed && (order == null || target.isEmpty() || !running())) {
                        wait();
                    }
                } catch (InterruptedException e) {
                    return;
                }
                if (closed) {
                    return;
                }
                wanted = order;
                from = target.get();
                to = downloads;
            }
            long before = received();
            try {
                fetch(wanted, from, to);
                say(wanted, State.DONE, "is in " + to);
                Files.deleteIfExists(folder.resolve(ORDER));
                pause = pauses.first();
            } catch (InterruptedException e) {
                return;
            } catch (Hopeless e) {
                say(wanted, State.FAILED, e.getMessage());
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                pause = received() > before ? pauses.first() : pause;
                say(
                        wanted,
                        State.RUNNING,
                        "tries again in " + pause.toMillis() + " ms: " + describe(e));
                LOG.info("{} is tried again: {}", wanted.fileName(), describe(e));
                if (!sleep(pause)) {
                    return;
                }
                pause =
                        pauses.longest().compareTo(pause.multipliedBy(2)) < 0
                                ? pauses.longest()
                                : pause.multipliedBy(2);
            }
        }
    }

    private synchronized boolean running() {
        return status.state() == State.RUNNING;
    }

    private synchronized long received() {
        return status.received();
    }

    private synchronized boolean sleep(Duration pause) {
        long end = System.nanoTime() + pause.toNanos();
        try {
            for (long left = pause.toMillis(); left > 0 && !closed; ) {
                wait(left);
                left = Duration.ofNanos(end - System.nanoTime()).toMillis();
            }
        } catch (InterruptedException e) {
            return false;
        }
        return !closed;
    }

    private void fetch(Order wanted, Target from, Path to)
            throws IOException, GeneralSecurityException, InterruptedException {
        HttpClient.Builder builder =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .connectTimeout(CONNECT);
        if (from.base().getScheme().equals("https")) {
            from.tls().context().ifPresent(builder::sslContext);
        }
        HttpClient client = builder.build();
        String address = "/uplink/v1/packages/" + wanted.sha256() + "/chunks";
        ChunkList list =
                ChunkList.parse(
                        new String(get(client, from, address), StandardCharsets.UTF_8),
                        wanted.sha256());
        Path file = folder.resolve(wanted.sha256() + ".part");
        requireSpace(file, list);
        try (PartFile part = new PartFile(file, list)) {
            progress(wanted, part, list);
            int wrong = 0;
            for (int next = part.missing(); next >= 0; next = part.missing()) {
                requireStillWanted(wanted);
                byte[] content = get(client, from, address + "/" + list.chunks().get(next));
                if (part.put(next, content)) {
                    wrong = 0;
                    progress(wanted, part, list);
                } else if (++wrong == WRONG_IN_A_ROW) {
                    throw new Hopeless(
                            "chunk " + next + " came " + wrong + " times with another content");
                }
            }
            if (!part.isWhole()) {
                throw new Hopeless("all chunks are as they should be and the package is not");
            }
        }
        deliver(file, to, wanted);
    }

    private void requireSpace(Path file, ChunkList list) throws IOException {
        long here = Files.exists(file) ? Files.size(file) : 0;
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < list.size() - here) {
            throw new Hopeless(
                    "the package needs "
                            + list.size()
                            + " bytes in "
                            + folder
                            + " and "
                            + free
                            + " are free");
        }
    }

    /** Under its name only when it is complete there: Kura does not look at what is in it. */
    private void deliver(Path file, Path to, Order wanted) throws IOException {
        Files.createDirectories(to);
        Path arriving = to.resolve("." + wanted.fileName() + ".arriving");
        Files.copy(file, arriving, StandardCopyOption.REPLACE_EXISTING);
        Files.move(
                arriving,
                to.resolve(wanted.fileName()),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        Files.delete(file);
    }

    private byte[] get(HttpClient client, Target from, String path)
            throws IOException, InterruptedException {
        URI address = URI.create(from.base().toString().replaceAll("/+$", "") + path);
        HttpResponse<byte[]> answer =
                client.send(
                        HttpRequest.newBuilder(address)
                                .timeout(EXCHANGE)
                                .header("Authorization", "Bearer " + from.token())
                                .GET()
                                .build(),
                        BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) {
            throw new IOException("the aggregator answers " + answer.statusCode());
        }
        return answer.body();
    }

    private synchronized void requireStillWanted(Order wanted) throws InterruptedException {
        if (closed) {
            throw new InterruptedException("the uplink is stopping");
        }
        if (!wanted.equals(order)) {
            throw new IllegalStateException("another package is wanted now");
        }
    }

    private synchronized void progress(Order wanted, PartFile part, ChunkList list) {
        if (wanted.equals(order)) {
            status =
                    new Status(
                            wanted, State.RUNNING, part.received(), list.size(), "chunks arrive");
        }
    }

    private synchronized void say(Order wanted, State state, String reason) {
        if (wanted.equals(order)) {
            status = new Status(wanted, state, status.received(), status.size(), reason);
        }
    }

    private static String describe(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    /**
     * Reads an order.
     *
     * @throws IllegalArgumentException naming what is wrong
     */
    static Order parse(String json) {
        try {
            JsonObject body = JsonParser.parseString(json).getAsJsonObject();
            return new Order(text(body, "name"), text(body, "version"), text(body, "sha256"));
        } catch (JsonParseException | IllegalStateException | UnsupportedOperationException e) {
            throw new IllegalArgumentException("not an order: " + e.getMessage(), e);
        }
    }

    private static String text(JsonObject body, String name) {
        if (!body.has(name)) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return body.get(name).getAsString();
    }

    private static JsonObject json(Order order) {
        JsonObject body = new JsonObject();
        body.addProperty("name", order.name());
        body.addProperty("version", order.version());
        body.addProperty("sha256", order.sha256());
        return body;
    }

    static JsonObject json(Status status) {
        JsonObject body = json(status.order());
        body.addProperty("state", status.state().name());
        body.addProperty("received", status.received());
        body.addProperty("size", status.size());
        body.addProperty("reason", status.reason());
        return body;
    }

    static JsonArray json(Optional<Status> status) {
        JsonArray all = new JsonArray();
        status.map(PackageFetch::json).ifPresent(all::add);
        return all;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        thread.interrupt();
        Threads.join(thread);
    }
}
