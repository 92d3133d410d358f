package io.karu.uplink;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.karu.api.uplink.UplinkException;
import io.karu.api.uplink.UplinkResource;
import io.karu.api.uplink.UplinkResource.Method;
import java.io.Closeable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests to KARU-V1 ({@code docs/contracts.md} §2): finds the resource and runs it within
 * a deadline. Kura gives two threads to all apps of a gateway, so at most one EXEC is answered at a
 * time.
 */
public final class Requests implements Closeable {
    /** The contract this gateway speaks. */
    public static final int CONTRACT = 1;

    /**
     * An answer.
     *
     * @param status Kura's response code
     * @param body JSON
     * @param message why it failed, empty when it did not
     */
    public record Reply(int status, String body, String message) {}

    /** Deadlines for requests that only look, and for those that do something. */
    public record Deadlines(Duration look, Duration exec) {
        public static final Deadlines DEFAULT =
                new Deadlines(Duration.ofSeconds(10), Duration.ofSeconds(60));
    }

    private static final Logger LOG = LoggerFactory.getLogger(Requests.class);
    private final List<UplinkResource> resources = new ArrayList<>();
    private final Semaphore exec = new Semaphore(1);
    private final AtomicInteger threads = new AtomicInteger();
    private final Deadlines deadlines;
    private final ThreadPoolExecutor executor =
            new ThreadPoolExecutor(
                    0, 4, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), this::thread);

    public Requests(Deadlines deadlines) {
        this.deadlines = deadlines;
    }

    private Thread thread(Runnable task) {
        Thread thread = new Thread(task, "karu-uplink-request-" + threads.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }

    /** Adds a resource; of two with the same name the newer answers. */
    public synchronized void add(UplinkResource resource) {
        resources.add(0, resource);
    }

    public synchronized void remove(UplinkResource resource) {
        resources.remove(resource);
    }

    /** Names of all resources, for instance {@code GET/health}, sorted. */
    public synchronized List<String> names() {
        return resources.stream()
                .map(r -> r.method() + "/" + r.path())
                .distinct()
                .sorted()
                .toList();
    }

    private synchronized UplinkResource find(Method method, String path) throws UplinkException {
        return resources.stream()
                .filter(r -> r.method() == method && r.path().equals(path))
                .findFirst()
                .orElseThrow(
                        () ->
                                new UplinkException(
                                        404,
                                        "NO_SUCH_RESOURCE",
                                        method
                                                + "/"
                                                + path
                                                + " is not answered here; there are "
                                                + names()));
    }

    /** Answers a request; never throws. */
    public Reply answer(Method method, String path, String body) {
        try {
            UplinkResource resource = find(method, path);
            String text = body.isBlank() ? "{}" : body;
            requireContract(text);
            return new Reply(200, run(resource, text), "");
        } catch (UplinkException e) {
            return failure(e.status(), e.code(), e.getMessage());
        }
    }

    private static void requireContract(String body) throws UplinkException {
        try {
            JsonElement json = JsonParser.parseString(body);
            if (json.isJsonObject() && json.getAsJsonObject().has("contract")) {
                int contract = json.getAsJsonObject().get("contract").getAsInt();
                if (contract > CONTRACT) {
                    throw new UplinkException(
                            400,
                            "CONTRACT_TOO_NEW",
                            "contract "
                                    + contract
                                    + " is newer than this gateway's "
                                    + CONTRACT
                                    + ": upgrade karu-base");
                }
            }
        } catch (JsonParseException
                | IllegalStateException
                | UnsupportedOperationException
                | NumberFormatException e) {
            throw new UplinkException(
                    400, "BAD_JSON", "the body is not the JSON expected: " + e.getMessage());
        }
    }

    private String run(UplinkResource resource, String body) throws UplinkException {
        boolean exclusive = resource.method() == Method.EXEC;
        if (exclusive && !exec.tryAcquire()) {
            throw new UplinkException(
                    500, "BUSY", "another EXEC request is still running, try again");
        }
        String name = resource.method() + "/" + resource.path();
        Duration deadline = exclusive ? deadlines.exec() : deadlines.look();
        Future<String> answer;
        try {
            answer =
                    executor.submit(
                            () -> {
                                try {
                                    return resource.handle(body);
                                } finally {
                                    if (exclusive) {
                                        exec.release();
                                    }
                                }
                            });
        } catch (RejectedExecutionException e) {
            if (exclusive) {
                exec.release();
            }
            throw new UplinkException(500, "BUSY", "too many requests are running, try again");
        }
        try {
            return answer.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new UplinkException(
                    500,
                    "TIMEOUT",
                    name
                            + " still runs after "
                            + deadline.toSeconds()
                            + " s; ask for its state later");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UplinkException(500, "STOPPING", "the gateway is stopping");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UplinkException failure) {
                throw failure;
            }
            if (e.getCause() instanceof IllegalArgumentException bad) {
                throw new UplinkException(400, "BAD_ARGUMENT", bad.getMessage());
            }
            LOG.warn("{} failed", name, e.getCause());
            throw new UplinkException(500, "INTERNAL", name + " failed: " + e.getCause());
        }
    }

    private static Reply failure(int status, String code, String message) {
        JsonObject json = new JsonObject();
        json.addProperty("contract", CONTRACT);
        json.addProperty("code", code);
        json.addProperty("message", message);
        return new Reply(status, json.toString(), message == null ? code : message);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
