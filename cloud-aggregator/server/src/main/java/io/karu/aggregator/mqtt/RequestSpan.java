package io.karu.aggregator.mqtt;

import io.karu.aggregator.trace.Tracing;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.time.Instant;

/**
 * The span of one request to a gateway, below what asked for it. A gateway that speaks KARU-V1 gets
 * its context and answers with the time it took, which becomes a span of its own.
 */
final class RequestSpan {
    /** INT64: how long the gateway worked on the answer, in microseconds. */
    private static final String HANDLED = "karu.handled.micros";

    private final Tracing tracing;
    private final Requester.Request request;
    private final Span span;
    private final Context context;

    private RequestSpan(Tracing tracing, Requester.Request request, Span span) {
        this.tracing = tracing;
        this.request = request;
        this.span = span;
        this.context = Context.current().with(span);
    }

    /** Begins one when the current thread is traced, else one that is not recorded. */
    static RequestSpan begin(Tracing tracing, Requester.Request request) {
        Span span =
                Tracing.active()
                        ? tracing.span(name(request), SpanKind.CLIENT)
                                .setAttribute("messaging.system", "mqtt")
                                .setAttribute("karu.gateway", request.gateway().toString())
                                .startSpan()
                        : Span.getInvalid();
        return new RequestSpan(tracing, request, span);
    }

    /** The request as it is sent: what Kura itself answers is left as Kura knows it. */
    Requester.Request carrying() {
        if (!span.getSpanContext().isValid() || !request.applicationId().equals("KARU-V1")) {
            return request;
        }
        try (Scope scope = context.makeCurrent()) {
            return new Requester.Request(
                    request.gateway(),
                    request.applicationId(),
                    request.method(),
                    request.resource(),
                    request.payload().toBuilder()
                            .metric(Tracing.TRACEPARENT, Tracing.traceparent().orElseThrow())
                            .build(),
                    request.timeout());
        }
    }

    void end(Requester.Reply reply, Throwable error) {
        if (!span.getSpanContext().isValid()) {
            return;
        }
        if (error != null) {
            span.setStatus(StatusCode.ERROR, String.valueOf(error.getMessage()));
        } else {
            span.setAttribute("karu.response.code", reply.code());
            reply.payload().metric(HANDLED, Long.class).ifPresent(this::addGatewaySpan);
        }
        span.end();
    }

    /** Clocks of gateways are not trusted: its span ends when the reply came. */
    private void addGatewaySpan(long micros) {
        Instant now = Instant.now();
        tracing.span(name(request) + " on the gateway", SpanKind.SERVER)
                .setParent(context)
                .setStartTimestamp(now.minus(Duration.ofNanos(micros * 1000)))
                .setAttribute("karu.gateway", request.gateway().toString())
                .startSpan()
                .end(now);
    }

    private static String name(Requester.Request request) {
        return request.applicationId() + " " + request.method() + "/" + request.resource();
    }
}
