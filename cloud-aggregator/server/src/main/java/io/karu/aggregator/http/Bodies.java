package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Request bodies: JSON read strictly, files as bounded streams. */
final class Bodies {
    /** Enough for a package with a native stack. */
    static final long LARGEST_PACKAGE = 2L << 30;

    /** Enough for a learned model with its golden tensors. */
    static final long LARGEST_MODEL = 2L << 30;

    /** Enough for a report with its pictures. */
    static final long LARGEST_REPORT = 80L << 20;

    private Bodies() {}

    static <T> T json(Context ctx, ObjectMapper mapper, Class<T> type)
            throws JsonProcessingException {
        String body = ctx.body();
        T value =
                mapper.readerFor(type)
                        .with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                        .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                        .readValue(body.isBlank() ? "{}" : body);
        return require("the body", value);
    }

    static <T> T require(String what, T value) {
        if (value == null || value instanceof String text && text.isBlank()) {
            throw new AggregatorException(Code.INVALID_ARGUMENT, what + " is missing");
        }
        return value;
    }

    static InputStream file(Context ctx, long largest) {
        if (ctx.req().getContentLengthLong() > largest) {
            throw tooLarge(largest);
        }
        return new FilterInputStream(ctx.bodyInputStream()) {
            private long left = largest;

            @Override
            public int read() throws IOException {
                int value = super.read();
                if (value >= 0) {
                    count(1);
                }
                return value;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                int read = super.read(bytes, offset, length);
                count(Math.max(0, read));
                return read;
            }

            private void count(int read) {
                left -= read;
                if (left < 0) {
                    throw tooLarge(largest);
                }
            }
        };
    }

    private static AggregatorException tooLarge(long largest) {
        return new AggregatorException(
                Code.BODY_TOO_LARGE, "the body is larger than " + largest + " bytes");
    }
}
