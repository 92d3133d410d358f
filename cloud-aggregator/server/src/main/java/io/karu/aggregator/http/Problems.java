package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.AggregatorException.Kind;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Errors as problem details (RFC 9457) with the codes of {@link AggregatorException}. */
final class Problems {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    /** Attribute of the context: the code of the refusal that was answered. */
    static final String CODE = "problem";

    private static final String MEDIA_TYPE = "application/problem+json";

    private Problems() {}

    static void install(RoutesConfig routes) {
        routes.exception(AggregatorException.class, (e, ctx) -> write(ctx, e));
        routes.exception(
                IllegalArgumentException.class,
                (e, ctx) -> write(ctx, Code.INVALID_ARGUMENT, e.getMessage()));
        routes.exception(
                JsonProcessingException.class,
                (e, ctx) -> write(ctx, Code.INVALID_ARGUMENT, describe(e)));
        routes.exception(HttpResponseException.class, (e, ctx) -> write(ctx, e));
        routes.exception(
                Exception.class,
                (e, ctx) -> {
                    LOG.error("{} {} failed", ctx.method(), ctx.path(), e);
                    write(
                            ctx,
                            Code.STORAGE_FAILED,
                            "an unexpected error; the aggregator's log has the cause");
                });
    }

    static void write(Context ctx, AggregatorException e) {
        status(ctx, e);
        write(ctx, ctx.statusCode(), e.code(), e.getMessage(), e.details());
    }

    /** Sets the status of an answer that tells of an error in its own form. */
    static void status(Context ctx, AggregatorException e) {
        if (e.code().kind() == Kind.INTERNAL) {
            LOG.error("{} {} failed", ctx.method(), ctx.path(), e);
        }
        Object retryAfter = e.details().get("retryAfterSeconds");
        if (retryAfter != null) {
            ctx.header("Retry-After", retryAfter.toString());
        }
        ctx.attribute(CODE, e.code().name());
        ctx.status(status(e.code().kind()));
    }

    private static void write(Context ctx, Code code, String detail) {
        write(ctx, status(code.kind()), code, detail, Map.of());
    }

    private static void write(Context ctx, HttpResponseException e) {
        switch (e.getStatus()) {
            case 404 ->
                    write(
                            ctx,
                            Code.ADDRESS_NOT_FOUND,
                            "there is no " + ctx.method() + " " + ctx.path());
            case 405 ->
                    write(
                            ctx,
                            405,
                            Code.METHOD_NOT_ALLOWED,
                            ctx.path() + " does not know " + ctx.method(),
                            Map.of());
            case 413 ->
                    write(ctx, Code.BODY_TOO_LARGE, "the body is larger than this address takes");
            default -> write(ctx, e.getStatus(), Code.INVALID_ARGUMENT, e.getMessage(), Map.of());
        }
    }

    private static void write(
            Context ctx, int status, Code code, String detail, Map<String, Object> details) {
        if (MlflowErrors.isFor(ctx)) {
            ctx.attribute(CODE, code.name());
            MlflowErrors.write(ctx, status, code, detail == null ? title(code) : detail);
            return;
        }
        Map<String, Object> problem = new LinkedHashMap<>(details);
        problem.put("title", title(code));
        problem.put("status", status);
        problem.put("code", code.name());
        problem.put("detail", detail == null ? title(code) : detail);
        problem.put("instance", ctx.path());
        ctx.attribute(CODE, code.name());
        ctx.status(status).json(problem).contentType(MEDIA_TYPE);
    }

    private static String title(Code code) {
        String words = code.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
        return Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }

    private static int status(Kind kind) {
        return switch (kind) {
            case INVALID -> 400;
            case UNAUTHENTICATED -> 401;
            case FORBIDDEN -> 403;
            case NOT_FOUND -> 404;
            case CONFLICT -> 409;
            case TOO_LARGE -> 413;
            case TOO_MANY -> 429;
            case INTERNAL -> 500;
            case GATEWAY -> 502;
            case UNREACHABLE -> 504;
        };
    }

    private static String describe(JsonProcessingException e) {
        if (e.getCause() instanceof IllegalArgumentException wrong) {
            return wrong.getMessage();
        }
        if (e instanceof InvalidFormatException wrong) {
            return "the value \"" + wrong.getValue() + "\" of " + path(wrong) + " is not possible";
        }
        if (e instanceof MismatchedInputException wrong && !wrong.getPath().isEmpty()) {
            return "the value of " + path(wrong) + " has the wrong type";
        }
        return "the body is not the JSON that this address expects";
    }

    private static String path(MismatchedInputException e) {
        StringBuilder path = new StringBuilder();
        e.getPath()
                .forEach(
                        step ->
                                path.append(
                                        step.getFieldName() == null
                                                ? "[" + step.getIndex() + "]"
                                                : (path.isEmpty() ? "" : ".")
                                                        + step.getFieldName()));
        return path.toString();
    }
}
