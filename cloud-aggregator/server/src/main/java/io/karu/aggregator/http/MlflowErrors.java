package io.karu.aggregator.http;

import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException.Code;
import java.util.Map;

/** Errors as MLflow's clients read them. */
final class MlflowErrors {
    private static final String PREFIX = "/api/2.0/";

    private MlflowErrors() {}

    static boolean isFor(Context ctx) {
        return ctx.path().startsWith(PREFIX);
    }

    /** {@code status} is kept where MLflow's own is another, but its client would ask again. */
    static void write(Context ctx, int status, Code code, String message) {
        String error =
                switch (code) {
                    case MODEL_EXISTS -> "RESOURCE_ALREADY_EXISTS";
                    case MODEL_IN_USE -> "INVALID_STATE";
                    case ADDRESS_NOT_FOUND, METHOD_NOT_ALLOWED -> "ENDPOINT_NOT_FOUND";
                    default ->
                            switch (code.kind()) {
                                case NOT_FOUND -> "RESOURCE_DOES_NOT_EXIST";
                                case INVALID, CONFLICT, TOO_LARGE -> "INVALID_PARAMETER_VALUE";
                                case UNAUTHENTICATED -> "UNAUTHENTICATED";
                                case FORBIDDEN -> "PERMISSION_DENIED";
                                case TOO_MANY -> "REQUEST_LIMIT_EXCEEDED";
                                case INTERNAL, GATEWAY, UNREACHABLE -> "INTERNAL_ERROR";
                            };
                };
        ctx.status(code == Code.MODEL_EXISTS ? 400 : status)
                .json(Map.of("error_code", error, "message", message));
    }
}
