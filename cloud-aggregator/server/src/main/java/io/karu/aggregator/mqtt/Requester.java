package io.karu.aggregator.mqtt;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.trace.Tracing;
import io.karu.kura.KuraProtobuf;
import io.karu.kura.Method;
import io.karu.kura.Payload;
import io.karu.kura.Requests;
import io.karu.kura.Topic;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/**
 * Asks gateways over Kura's control topics and correlates their replies. A request that ends
 * without a reply tells why. Thread-safe.
 */
public final class Requester implements AutoCloseable {
    private final String requesterId;
    private final Reachability reachability;
    private final BiFunction<Topic, byte[], CompletableFuture<Void>> publisher;
    private final Duration afterBirth;
    private final MeterRegistry metrics;
    private final Tracing tracing;
    private final Map<String, Pending> pending = new ConcurrentHashMap<>();
    private volatile boolean closed;
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "requester"));

    /**
     * A request.
     *
     * @param resource levels joined by {@code /}
     */
    public record Request(
            GatewayId gateway,
            String applicationId,
            Method method,
            String resource,
            Payload payload,
            Duration timeout) {
        public Request {
            Objects.requireNonNull(gateway, "gateway");
            Objects.requireNonNull(payload, "payload");
            Objects.requireNonNull(timeout, "timeout");
        }

        @Override
        public String toString() {
            return applicationId + " " + method + "/" + resource + " on " + gateway;
        }
    }

    /**
     * A reply.
     *
     * @param code {@code response.code}; 200 when the handler left it out
     */
    public record Reply(int code, Payload payload) {
        public boolean ok() {
            return code >= 200 && code < 300;
        }

        /** The body as text; empty when there is none. */
        public String body() {
            return payload.body()
                    .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                    .orElse("");
        }

        /** Karu's own code of a refusal (docs/contracts.md, 2); empty when there is none. */
        public String reason() {
            try {
                return Json.tree(body()).path("code").asText("");
            } catch (UncheckedIOException e) {
                return "";
            }
        }

        /** What the gateway says went wrong, from the metric or the body. */
        public String message() {
            return Requests.exceptionMessage(payload)
                    .orElseGet(() -> body().isBlank() ? "response code " + code : body());
        }
    }

    private record Pending(Request request, CompletableFuture<Reply> reply) {}

    /**
     * @param publisher publishes on the broker
     * @param afterBirth how long after a BIRTH a request is held back, and sent a second time when
     *     it only reads
     */
    public Requester(
            String requesterId,
            Reachability reachability,
            BiFunction<Topic, byte[], CompletableFuture<Void>> publisher,
            Duration afterBirth,
            MeterRegistry metrics,
            Tracing tracing) {
        this.requesterId = requesterId;
        this.reachability = reachability;
        this.publisher = publisher;
        this.afterBirth = afterBirth;
        this.metrics = metrics;
        this.tracing = tracing;
    }

    /**
     * Sends a request. The future fails with {@link AggregatorException} {@code GATEWAY_OFFLINE},
     * {@code GATEWAY_LACKS_APPLICATION} or {@code GATEWAY_NO_ANSWER}; a refusal by the gateway is a
     * reply.
     */
    public CompletableFuture<Reply> send(Request request) {
        Timer.Sample sample = Timer.start(metrics);
        RequestSpan span = RequestSpan.begin(tracing, request);
        return begin(span.carrying())
                .whenComplete(
                        (reply, error) -> {
                            sample.stop(timer(request, reply, error));
                            span.end(reply, error);
                        });
    }

    private Timer timer(Request request, Reply reply, Throwable error) {
        return metrics.timer(
                "karu.requests",
                "application",
                request.applicationId(),
                "outcome",
                error instanceof AggregatorException e
                        ? e.code().name()
                        : reply != null && reply.ok() ? "OK" : Code.GATEWAY_REFUSED.name());
    }

    private CompletableFuture<Reply> begin(Request request) {
        GatewayId gateway = request.gateway();
        if (closed) {
            return failed(Code.GATEWAY_NO_ANSWER, request + ": the aggregator is stopping");
        }
        var unreachable = reachability.unreachable(gateway);
        if (unreachable.isPresent()) {
            return failed(
                    Code.GATEWAY_OFFLINE, gateway + " is not connected: " + unreachable.get());
        }
        if (!reachability.answers(gateway, request.applicationId())) {
            return failed(
                    Code.GATEWAY_LACKS_APPLICATION,
                    gateway
                            + " does not answer "
                            + request.applicationId()
                            + ": it is not among the applications of its BIRTH");
        }
        String id = UUID.randomUUID().toString();
        Pending entry = new Pending(request, new CompletableFuture<>());
        pending.put(id, entry);
        entry.reply().whenComplete((reply, error) -> pending.remove(id));
        Duration wait =
                reachability
                        .bornAt(gateway)
                        .map(born -> Duration.between(Instant.now(), born.plus(afterBirth)))
                        .filter(d -> !d.isNegative())
                        .orElse(Duration.ZERO);
        schedule(() -> publish(id, entry), wait);
        boolean reads = request.method() == Method.GET;
        if (reads && afterBirth.compareTo(request.timeout()) < 0) {
            schedule(() -> publishAgain(id, entry), wait.plus(afterBirth));
        }
        schedule(
                () ->
                        entry.reply()
                                .completeExceptionally(
                                        new AggregatorException(
                                                Code.GATEWAY_NO_ANSWER,
                                                request
                                                        + " was not answered within "
                                                        + request.timeout().toMillis() / 1000.0
                                                        + " s")),
                wait.plus(request.timeout()));
        return entry.reply();
    }

    /**
     * As {@link #send}, waits, and turns a refusal into {@code GATEWAY_REFUSED} with detail {@code
     * responseCode} and Karu's own {@code gatewayCode}, empty when the gateway gave none.
     */
    public Reply ask(Request request) {
        Reply reply = answer(request);
        if (!reply.ok()) {
            throw new AggregatorException(
                    Code.GATEWAY_REFUSED,
                    request + ": " + reply.message(),
                    Map.of("responseCode", reply.code(), "gatewayCode", reply.reason()),
                    null);
        }
        return reply;
    }

    /** As {@link #send} and waits; a refusal is a reply. */
    public Reply answer(Request request) {
        CompletableFuture<Reply> reply = send(request);
        try {
            return reply.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AggregatorException(
                    Code.GATEWAY_NO_ANSWER, request + ": the aggregator is stopping", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AggregatorException cause) {
                throw new AggregatorException(
                        cause.code(), cause.getMessage(), cause.details(), cause);
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Takes a reply; unknown and late ones are ignored. */
    public void receive(Topic.Reply topic, byte[] bytes) {
        Pending entry = pending.get(topic.requestId());
        if (entry != null && entry.request().applicationId().equals(topic.appId())) {
            Payload payload = KuraProtobuf.decode(bytes);
            entry.reply().complete(new Reply(Requests.responseCode(payload).orElse(200), payload));
        }
    }

    /** Ends what waits for a gateway that has gone. */
    public void gone(GatewayId gateway, String reason) {
        for (Pending entry : List.copyOf(pending.values())) {
            if (entry.request().gateway().equals(gateway)) {
                entry.reply()
                        .completeExceptionally(
                                new AggregatorException(
                                        Code.GATEWAY_OFFLINE,
                                        entry.request() + " was not answered: " + reason));
            }
        }
    }

    private void publish(String id, Pending entry) {
        Request request = entry.request();
        List<String> resource = List.of(request.resource().split("/"));
        Topic topic =
                new Topic.Request(
                        request.gateway().account(),
                        request.gateway().clientId(),
                        request.applicationId(),
                        request.method().name(),
                        resource);
        Payload payload =
                Requests.request(
                        request.payload().toBuilder().timestamp(Instant.now()).build(),
                        id,
                        requesterId);
        publisher
                .apply(topic, KuraProtobuf.encode(payload))
                .exceptionally(
                        error -> {
                            entry.reply()
                                    .completeExceptionally(
                                            new AggregatorException(
                                                    Code.GATEWAY_NO_ANSWER,
                                                    request
                                                            + " could not be sent: "
                                                            + error.getMessage(),
                                                    error));
                            return null;
                        });
    }

    private void publishAgain(String id, Pending entry) {
        if (!entry.reply().isDone()) {
            publish(id, entry);
        }
    }

    private void schedule(Runnable work, Duration delay) {
        try {
            clock.schedule(work, delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            close();
        }
    }

    private static CompletableFuture<Reply> failed(Code code, String message) {
        return CompletableFuture.failedFuture(new AggregatorException(code, message));
    }

    @Override
    public void close() {
        closed = true;
        clock.shutdownNow();
        for (Pending entry : List.copyOf(pending.values())) {
            entry.reply()
                    .completeExceptionally(
                            new AggregatorException(
                                    Code.GATEWAY_NO_ANSWER,
                                    entry.request() + ": the aggregator is stopping"));
        }
    }
}
