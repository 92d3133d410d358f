package io.karu.aggregator.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.router.Endpoint;
import io.karu.aggregator.trace.Tracing;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import java.util.Set;

/** A span for each call that changes something; a caller's {@code traceparent} is continued. */
final class RequestTrace {
    private static final Set<String> CHANGING = Set.of("POST", "PUT", "DELETE", "PATCH");
    private static final int SERVER_ERROR = 500;

    private final Tracing tracing;

    private record Begun(Span span, Scope scope) {}

    RequestTrace(Tracing tracing) {
        this.tracing = tracing;
    }

    void install(RoutesConfig routes) {
        routes.before(this::begin);
        routes.after(this::end);
    }

    private void begin(Context ctx) {
        if (!CHANGING.contains(ctx.method().name()) || !ctx.path().startsWith("/api/")) {
            return;
        }
        Span span =
                tracing.span(ctx.method().name(), SpanKind.SERVER)
                        .setParent(Tracing.context(ctx.header(Tracing.TRACEPARENT)))
                        .setAttribute("http.request.method", ctx.method().name())
                        .setAttribute("url.path", ctx.path())
                        .startSpan();
        ctx.attribute(RequestTrace.class.getName(), new Begun(span, span.makeCurrent()));
    }

    private void end(Context ctx) {
        Begun begun = ctx.attribute(RequestTrace.class.getName());
        if (begun == null) {
            return;
        }
        begun.scope().close();
        Endpoint route = ctx.endpoints().matchedHttpEndpoint();
        if (route != null) {
            begun.span().updateName(ctx.method().name() + " " + route.path);
            begun.span().setAttribute("http.route", route.path);
        }
        begun.span().setAttribute("http.response.status_code", ctx.statusCode());
        if (ctx.statusCode() >= SERVER_ERROR) {
            begun.span().setStatus(StatusCode.ERROR);
        }
        begun.span().end();
    }
}
