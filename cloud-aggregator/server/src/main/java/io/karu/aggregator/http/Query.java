package io.karu.aggregator.http;

import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/** Query parameters as types. */
final class Query {
    private static final int LARGEST_PAGE = 500;

    private Query() {}

    static Optional<String> text(Context ctx, String name) {
        return Optional.ofNullable(ctx.queryParam(name)).filter(value -> !value.isBlank());
    }

    static Optional<Long> number(Context ctx, String name) {
        return text(ctx, name).map(value -> parse(name, value));
    }

    static boolean flag(Context ctx, String name) {
        return text(ctx, name).map(Boolean::parseBoolean).orElse(false);
    }

    static Optional<Instant> time(Context ctx, String name) {
        try {
            return text(ctx, name).map(Instant::parse);
        } catch (DateTimeParseException e) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    name + "=" + ctx.queryParam(name) + ": use a time as 2026-01-31T12:00:00Z");
        }
    }

    static int limit(Context ctx, int otherwise) {
        long limit = number(ctx, "limit").orElse((long) otherwise);
        if (limit < 1 || limit > LARGEST_PAGE) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT, "limit=" + limit + ": use 1 to " + LARGEST_PAGE);
        }
        return (int) limit;
    }

    static long id(Context ctx) {
        return parse("id", ctx.pathParam("id"));
    }

    private static long parse(String name, String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT, name + "=" + value + ": use a whole number");
        }
    }
}
