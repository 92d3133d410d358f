package io.karu.kura;

import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.Optional;

/** What makes a payload a request or a reply: the metrics by which both sides find each other. */
public final class Requests {

    /** STRING: any text that is one topic level; the reply's topic ends with it. */
    public static final String REQUEST_ID = "request.id";

    /** STRING: to whom the reply goes. */
    public static final String REQUESTER_CLIENT_ID = "requester.client.id";

    /** INT32: {@link #OK}, {@link #BAD_REQUEST}, {@link #NOT_FOUND}, {@link #ERROR}. */
    public static final String RESPONSE_CODE = "response.code";

    /**
     * STRING: why, when the code is not {@link #OK}; absent in replies whose text is in the body.
     */
    public static final String EXCEPTION_MESSAGE = "response.exception.message";

    /** STRING: a stack trace; set by few handlers. */
    public static final String EXCEPTION_STACK = "response.exception.stack";

    public static final int OK = 200;
    public static final int BAD_REQUEST = 400;
    public static final int NOT_FOUND = 404;
    public static final int ERROR = 500;

    private static final SecureRandom RANDOM = new SecureRandom();

    private Requests() {}

    /** An id that no other request has. */
    public static String newRequestId() {
        return new BigInteger(96, RANDOM).toString(36);
    }

    /** The payload as a request of this requester. */
    public static Payload request(Payload payload, String requestId, String requesterId) {
        return payload.toBuilder()
                .metric(REQUEST_ID, Topics.level(REQUEST_ID, requestId))
                .metric(REQUESTER_CLIENT_ID, Topics.level(REQUESTER_CLIENT_ID, requesterId))
                .build();
    }

    /** The id of a request; empty when Kura would not answer it. */
    public static Optional<String> requestId(Payload request) {
        return request.string(REQUEST_ID);
    }

    /** The sender of a request; empty when Kura would not answer it. */
    public static Optional<String> requesterId(Payload request) {
        return request.string(REQUESTER_CLIENT_ID);
    }

    /** The payload as a reply with this code. */
    public static Payload reply(Payload payload, int code) {
        return payload.toBuilder().metric(RESPONSE_CODE, code).build();
    }

    /** The code of a reply; empty when its handler left it out, which Kura forwards. */
    public static Optional<Integer> responseCode(Payload reply) {
        return reply.metric(RESPONSE_CODE, Integer.class);
    }

    /** What a reply says went wrong. */
    public static Optional<String> exceptionMessage(Payload reply) {
        return reply.string(EXCEPTION_MESSAGE);
    }
}
