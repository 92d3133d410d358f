package io.karu.page;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.FrameView;
import io.karu.api.inspection.Overrule;
import io.karu.api.inspection.Station;
import io.karu.api.inspection.StationBusyException;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.StationStatus;
import io.karu.api.inspection.Verdict;
import io.karu.api.inspection.VerdictListener;
import io.karu.api.model.Digest;
import io.karu.api.sample.SampleSpool;
import io.karu.api.uplink.VerdictJournal;
import io.karu.page.exchange.Exchange;
import io.karu.page.exchange.ExchangeHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's page: its files, live verdicts, images, overrules, and images posted to a station.
 * Everything but the page's own files needs a Kura identity; what changes something is refused from
 * other sites. Thread-safe.
 */
public final class Page implements ExchangeHandler, VerdictListener, AutoCloseable {
    /**
     * @param imageBytes largest image that may be posted
     * @param cacheBytes memory for recent images
     */
    public record Limits(long imageBytes, long cacheBytes) {
        public static final Limits DEFAULT = new Limits(16 << 20, 8 << 20);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Page.class);
    private static final int LISTED = 100;
    private static final int JSON_BYTES = 16 << 10;
    private static final int NOTE_CHARACTERS = 500;
    private static final int CONCURRENT_POSTS = 4;
    private static final Duration BEAT = Duration.ofSeconds(1);
    private static final Duration STREAM = Duration.ofMinutes(10);
    private static final Duration WATCHED = Duration.ofMinutes(1);
    private static final Pattern IMAGE = Pattern.compile("/api/images/([0-9a-f]{64})");
    private static final Pattern FRAMES = Pattern.compile("/api/stations/([^/]+)/frames");
    private static final String SECURITY_POLICY =
            "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

    private final Gateway gateway;
    private final Login login;
    private final Assets assets = new Assets();
    private final LiveEvents events = new LiveEvents();
    private final Semaphore posts = new Semaphore(CONCURRENT_POSTS);
    private volatile Limits limits;
    private volatile RecentImages images;
    private volatile long watchedNanos = System.nanoTime() - WATCHED.toNanos();

    public Page(Gateway gateway, Identities identities, Limits limits) {
        this.gateway = gateway;
        login = new Login(identities);
        configure(limits);
    }

    /** Changes the limits; recent images are forgotten. */
    public void configure(Limits next) {
        limits = next;
        images = new RecentImages(next.cacheBytes());
    }

    @Override
    public void onVerdict(Verdict verdict, FrameView frame) {
        if (!events.watched() && System.nanoTime() - watchedNanos > WATCHED.toNanos()) {
            return;
        }
        images.put(verdict.imageDigest(), frame.encoded());
        if (verdict.heatMapDigest().isPresent() && frame.heatMap().isPresent()) {
            images.put(verdict.heatMapDigest().get(), frame.heatMap().get());
        }
        events.send("verdict", PageJson.verdict(verdict, Optional.empty()));
    }

    @Override
    public void handle(Exchange exchange) {
        try {
            answer(exchange);
        } catch (IOException e) {
            LOG.debug("{} went away: {}", exchange.remote(), e.toString());
        }
    }

    private void answer(Exchange exchange) throws IOException {
        exchange.answerHeader("X-Content-Type-Options", "nosniff");
        exchange.answerHeader("X-Frame-Options", "DENY");
        exchange.answerHeader("Referrer-Policy", "no-referrer");
        exchange.answerHeader("Content-Security-Policy", SECURITY_POLICY);
        try {
            route(exchange);
        } catch (PageException e) {
            if (e.status() == 401) {
                exchange.answerHeader(
                        "WWW-Authenticate", "Basic realm=\"Karu\", charset=\"UTF-8\"");
            }
            if (e.status() == 429) {
                exchange.answerHeader("Retry-After", "60");
            }
            json(exchange, e.status(), PageJson.error(e.code(), e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void route(Exchange exchange) throws PageException, IOException, InterruptedException {
        String path = exchange.path();
        boolean get = exchange.method().equals("GET") || exchange.method().equals("HEAD");
        if (path.isEmpty() && get) {
            exchange.status(302);
            exchange.answerHeader("Location", "/karu/");
            return;
        }
        String operator = login.require(exchange);
        if (!path.startsWith("/api/")) {
            require(get, "GET");
            asset(exchange, path.equals("/") ? "index.html" : path.substring(1));
            return;
        }
        watchedNanos = System.nanoTime();
        Matcher image = IMAGE.matcher(path);
        Matcher frames = FRAMES.matcher(path);
        if (image.matches()) {
            require(get, "GET");
            image(exchange, new Digest("sha256:" + image.group(1)));
        } else if (frames.matches()) {
            require(exchange.method().equals("POST"), "POST");
            frame(exchange, frames.group(1));
        } else {
            switch (path) {
                case "/api/session" -> {
                    JsonObject session = new JsonObject();
                    session.addProperty("operator", operator);
                    json(exchange, 200, session);
                }
                case "/api/stations" -> json(exchange, 200, PageJson.stations(statuses()));
                case "/api/verdicts" -> verdicts(exchange);
                case "/api/events" -> stream(exchange);
                case "/api/overrules" -> {
                    require(exchange.method().equals("POST"), "POST");
                    overrule(exchange, operator);
                }
                default -> throw notFound(path);
            }
        }
    }

    private static void require(boolean right, String method) throws PageException {
        if (!right) {
            throw new PageException(405, "METHOD", "use " + method);
        }
    }

    private static PageException notFound(String path) {
        return new PageException(404, "NOT_FOUND", "there is no " + path);
    }

    private void asset(Exchange exchange, String name) throws PageException, IOException {
        Assets.Asset asset = assets.find(name).orElseThrow(() -> notFound(name));
        exchange.answerHeader("ETag", asset.tag());
        exchange.answerHeader("Cache-Control", "no-cache");
        if (exchange.header("If-None-Match").filter(asset.tag()::equals).isPresent()) {
            exchange.status(304);
            return;
        }
        send(exchange, 200, asset.type(), asset.content());
    }

    private List<StationStatus> statuses() {
        return new TreeMap<>(gateway.stations()).values().stream().map(Station::status).toList();
    }

    private VerdictJournal journal() throws PageException {
        return gateway.journal()
                .orElseThrow(
                        () ->
                                new PageException(
                                        503,
                                        "NO_JOURNAL",
                                        "waits for the verdict journal (karu-base)"));
    }

    private void verdicts(Exchange exchange) throws PageException, IOException {
        JsonArray list = new JsonArray();
        journal()
                .newest(LISTED)
                .forEach(entry -> list.add(PageJson.verdict(entry.verdict(), entry.overrule())));
        JsonObject reply = new JsonObject();
        reply.add("verdicts", list);
        json(exchange, 200, reply);
    }

    private void image(Exchange exchange, Digest digest) throws PageException, IOException {
        Optional<byte[]> content = images.get(digest);
        Optional<SampleSpool> spool = gateway.spool();
        if (content.isEmpty() && spool.isPresent()) {
            content = read(spool.get(), digest);
        }
        byte[] bytes =
                content.orElseThrow(
                        () ->
                                new PageException(
                                        404,
                                        "NO_IMAGE",
                                        "this station does not keep images of such verdicts"));
        exchange.answerHeader("Cache-Control", "private, max-age=86400, immutable");
        send(exchange, 200, Images.type(bytes).orElse("application/octet-stream"), bytes);
    }

    private static Optional<byte[]> read(SampleSpool spool, Digest digest) throws PageException {
        try {
            return spool.get(digest);
        } catch (IOException e) {
            throw new PageException(500, "SPOOL", "the image cannot be read: " + e.getMessage());
        }
    }

    private void stream(Exchange exchange) throws PageException, IOException, InterruptedException {
        LiveEvents.Watcher watcher =
                events.watch()
                        .orElseThrow(
                                () ->
                                        new PageException(
                                                503,
                                                "TOO_MANY_WATCHERS",
                                                "too many pages watch already"));
        try {
            exchange.status(200);
            exchange.answerHeader("Content-Type", "text/event-stream; charset=utf-8");
            exchange.answerHeader("Cache-Control", "no-store");
            exchange.answerHeader("X-Accel-Buffering", "no");
            OutputStream out = exchange.answer();
            long end = System.nanoTime() + STREAM.toNanos();
            long beat = System.nanoTime();
            while (!watcher.ended() && System.nanoTime() - end < 0) {
                if (System.nanoTime() - beat >= 0) {
                    write(
                            out,
                            new LiveEvents.Event(
                                    "stations", PageJson.stations(statuses()).toString()));
                    beat = System.nanoTime() + BEAT.toNanos();
                }
                Optional<LiveEvents.Event> event = watcher.next(BEAT.dividedBy(4));
                if (event.isPresent()) {
                    write(out, event.get());
                }
            }
        } finally {
            events.leave(watcher);
            watchedNanos = System.nanoTime();
        }
    }

    private static void write(OutputStream out, LiveEvents.Event event) throws IOException {
        String text = "event: " + event.name() + "\ndata: " + event.data() + "\n\n";
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /**
     * A browser names the site that asks; other clients name none and cannot be led by a foreign
     * page.
     */
    private static void requireSameSite(Exchange exchange) throws PageException {
        Optional<String> site = exchange.header("Sec-Fetch-Site");
        boolean foreign =
                site.isPresent() && !site.get().equals("same-origin") && !site.get().equals("none");
        Optional<String> origin = exchange.header("Origin");
        if (origin.isPresent()) {
            foreign |= !sameHost(origin.get(), exchange.header("Host").orElse(""));
        }
        if (foreign) {
            throw new PageException(403, "FOREIGN_SITE", "requests from other sites are refused");
        }
    }

    private static boolean sameHost(String origin, String host) {
        try {
            return host.equalsIgnoreCase(URI.create(origin).getRawAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void overrule(Exchange exchange, String operator) throws PageException, IOException {
        requireSameSite(exchange);
        if (exchange.header("X-Karu").isEmpty()
                || !contentType(exchange).equals("application/json")) {
            throw new PageException(
                    415, "CONTENT_TYPE", "send application/json with the header X-Karu: 1");
        }
        Overrule overrule = readOverrule(read(exchange.body(), JSON_BYTES), operator);
        VerdictJournal journal = journal();
        VerdictJournal.Entry entry =
                journal.find(overrule.frame())
                        .orElseThrow(
                                () ->
                                        new PageException(
                                                404,
                                                "NO_VERDICT",
                                                overrule.frame()
                                                        + " is not in the journal any more"));
        try {
            journal.append(overrule);
        } catch (IOException e) {
            throw new PageException(
                    500, "JOURNAL", "the overrule could not be written: " + e.getMessage());
        }
        LOG.info(
                "{}: {} overruled {} to {}",
                overrule.frame(),
                operator,
                entry.verdict().decision(),
                overrule.decision());
        events.send("overrule", PageJson.overrule(overrule));
        json(exchange, 200, PageJson.verdict(entry.verdict(), Optional.of(overrule)));
    }

    private static Overrule readOverrule(byte[] body, String operator) throws PageException {
        try {
            JsonObject json =
                    JsonParser.parseString(new String(body, StandardCharsets.UTF_8))
                            .getAsJsonObject();
            String note = json.has("note") ? json.get("note").getAsString() : "";
            if (note.length() > NOTE_CHARACTERS) {
                throw new PageException(
                        400, "NOTE", "a note has at most " + NOTE_CHARACTERS + " characters");
            }
            return new Overrule(
                    new FrameId(
                            new StationId(json.get("station").getAsString()),
                            json.get("frame").getAsString()),
                    Decision.valueOf(json.get("decision").getAsString()),
                    operator,
                    Instant.now(),
                    note);
        } catch (JsonParseException
                | IllegalArgumentException
                | IllegalStateException
                | UnsupportedOperationException
                | NullPointerException e) {
            throw new PageException(
                    400,
                    "BAD_OVERRULE",
                    "expected {\"station\",\"frame\",\"decision\":\"ACCEPT\" or \"REJECT\"}: "
                            + e.getMessage());
        }
    }

    private static String contentType(Exchange exchange) {
        return exchange.header("Content-Type")
                .orElse("")
                .split(";", 2)[0]
                .trim()
                .toLowerCase(Locale.ROOT);
    }

    private void frame(Exchange exchange, String name)
            throws PageException, IOException, InterruptedException {
        requireSameSite(exchange);
        Map<String, Station> stations = gateway.stations();
        Station station = stations.get(name);
        if (station == null) {
            throw new PageException(
                    404,
                    "NO_STATION",
                    "there is no station \"" + name + "\", there are " + stations.keySet());
        }
        if (!posts.tryAcquire()) {
            throw busy(exchange, "too many images are posted at once", Duration.ofSeconds(1));
        }
        try {
            inspect(exchange, station, new StationId(name));
        } finally {
            posts.release();
        }
    }

    private void inspect(Exchange exchange, Station station, StationId id)
            throws PageException, IOException, InterruptedException {
        Frame frame = readFrame(exchange, id);
        Digest image = digest(frame.encoded());
        Optional<VerdictJournal.Entry> known =
                journal()
                        .find(frame.id())
                        .filter(entry -> entry.verdict().imageDigest().equals(image));
        if (known.isPresent()) {
            json(exchange, 200, PageJson.verdict(known.get().verdict(), known.get().overrule()));
            return;
        }
        try {
            json(exchange, 201, PageJson.verdict(station.inspect(frame), Optional.empty()));
        } catch (StationBusyException e) {
            throw busy(exchange, e.getMessage(), e.retryAfter());
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new PageException(409, "NOT_TAKEN", e.getMessage());
        }
    }

    private static PageException busy(Exchange exchange, String message, Duration retryAfter) {
        exchange.answerHeader("Retry-After", String.valueOf(Math.max(1, retryAfter.toSeconds())));
        return new PageException(503, "BUSY", message);
    }

    private Frame readFrame(Exchange exchange, StationId station)
            throws PageException, IOException {
        byte[] image;
        Optional<byte[]> template = Optional.empty();
        if (contentType(exchange).equals("multipart/form-data")) {
            Optional<InputStream> part = part(exchange, "image");
            if (part.isEmpty()) {
                throw new PageException(
                        400,
                        "NO_IMAGE",
                        "the form needs a file named image, and may have one named template");
            }
            image = readImage(part.get());
            Optional<InputStream> second = part(exchange, "template");
            if (second.isPresent()) {
                template = Optional.of(readImage(second.get()));
            }
        } else {
            image = readImage(exchange.body());
        }
        try {
            String position =
                    parameter(exchange, "frame")
                            .orElseGet(() -> digest(ByteBuffer.wrap(image)).value());
            return new Frame(
                    new FrameId(station, position),
                    Instant.now(),
                    ByteBuffer.wrap(image),
                    template.map(ByteBuffer::wrap));
        } catch (IllegalArgumentException e) {
            throw new PageException(400, "FRAME", e.getMessage());
        }
    }

    /**
     * Read here, since containers differ in what they make of the query when the body is a form.
     */
    private static Optional<String> parameter(Exchange exchange, String name) {
        return exchange.query().stream()
                .flatMap(query -> Arrays.stream(query.split("&")))
                .filter(pair -> pair.startsWith(name + "="))
                .map(
                        pair ->
                                URLDecoder.decode(
                                        pair.substring(name.length() + 1), StandardCharsets.UTF_8))
                .findFirst();
    }

    private static Optional<InputStream> part(Exchange exchange, String name) throws PageException {
        try {
            return exchange.part(name);
        } catch (IOException e) {
            throw new PageException(400, "BAD_FORM", e.getMessage());
        }
    }

    private byte[] readImage(InputStream in) throws PageException, IOException {
        byte[] bytes = read(in, limits.imageBytes());
        if (Images.type(bytes).isEmpty()) {
            throw new PageException(415, "NOT_AN_IMAGE", "send a JPEG, PNG or BMP image");
        }
        return bytes;
    }

    private static byte[] read(InputStream in, long limit) throws PageException, IOException {
        byte[] bytes = in.readNBytes((int) Math.min(limit + 1, Integer.MAX_VALUE - 8));
        if (bytes.length > limit) {
            throw new PageException(413, "TOO_LARGE", "at most " + limit + " bytes are taken");
        }
        return bytes;
    }

    private static Digest digest(ByteBuffer content) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(content.duplicate());
            return new Digest("sha256:" + HexFormat.of().formatHex(sha256.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static void json(Exchange exchange, int status, JsonObject body) throws IOException {
        exchange.answerHeader("Cache-Control", "no-store");
        send(
                exchange,
                status,
                "application/json; charset=utf-8",
                body.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static void send(Exchange exchange, int status, String type, byte[] body)
            throws IOException {
        exchange.status(status);
        exchange.answerHeader("Content-Type", type);
        exchange.answerHeader("Content-Length", String.valueOf(body.length));
        if (!exchange.method().equals("HEAD")) {
            exchange.answer().write(body);
        }
    }

    /** Ends the live streams. */
    @Override
    public void close() {
        events.close();
        images.clear();
    }
}
