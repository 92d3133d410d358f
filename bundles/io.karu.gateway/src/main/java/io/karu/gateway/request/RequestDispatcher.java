package io.karu.gateway.request;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.request.RequestHandler;
import org.eclipse.kura.cloudconnection.request.RequestHandlerContext;
import org.eclipse.kura.cloudconnection.request.RequestHandlerMessageConstants;
import org.eclipse.kura.message.KuraPayload;
import org.eclipse.kura.message.KuraResponsePayload;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls a request handler and makes Kura's reply of whatever it returns or throws. */
public final class RequestDispatcher {

    private static final Logger LOG = LoggerFactory.getLogger(RequestDispatcher.class);

    private RequestDispatcher() {}

    /**
     * One request.
     *
     * @param method the topic level after the application id
     * @param resource the topic levels after the method
     */
    public record Request(
            String applicationId, String method, List<String> resource, KuraPayload payload) {}

    /**
     * The handler's reply, or one that tells its exception: 400 and 404 for the codes BAD_REQUEST
     * and NOT_FOUND, 500 for any other {@link KuraException}, each with the message; 400 for {@link
     * IllegalArgumentException} and unknown methods, 500 for other exceptions, both without. Empty
     * when the handler returned null, which Kura never answers; errors pass through.
     */
    public static Optional<KuraPayload> reply(
            RequestHandler handler, RequestHandlerContext context, Request request) {
        try {
            KuraMessage message =
                    new KuraMessage(
                            request.payload(),
                            Map.of(
                                    RequestHandlerMessageConstants.ARGS_KEY.value(),
                                    request.resource()));
            return Optional.ofNullable(call(handler, context, request.method(), message))
                    .map(KuraMessage::getPayload);
        } catch (IllegalArgumentException e) {
            LOG.warn("{}: {}", describe(request), String.valueOf(e.getMessage()));
            return Optional.of(
                    new KuraResponsePayload(KuraResponsePayload.RESPONSE_CODE_BAD_REQUEST));
        } catch (KuraException e) {
            LOG.warn("{}: {}", describe(request), e.getMessage());
            KuraResponsePayload reply = new KuraResponsePayload(code(e.getCode()));
            reply.setExceptionMessage(e.getMessage());
            return Optional.of(reply);
        } catch (Exception e) {
            LOG.error("{} failed.", describe(request), e);
            return Optional.of(new KuraResponsePayload(KuraResponsePayload.RESPONSE_CODE_ERROR));
        }
    }

    private static KuraMessage call(
            RequestHandler handler,
            RequestHandlerContext context,
            String method,
            KuraMessage message)
            throws KuraException {
        return switch (method) {
            case "GET" -> handler.doGet(context, message);
            case "PUT" -> handler.doPut(context, message);
            case "POST" -> handler.doPost(context, message);
            case "DEL" -> handler.doDel(context, message);
            case "EXEC" -> handler.doExec(context, message);
            default -> throw new IllegalArgumentException("unknown method");
        };
    }

    private static int code(KuraErrorCode code) {
        return switch (code) {
            case BAD_REQUEST -> KuraResponsePayload.RESPONSE_CODE_BAD_REQUEST;
            case NOT_FOUND -> KuraResponsePayload.RESPONSE_CODE_NOTFOUND;
            default -> KuraResponsePayload.RESPONSE_CODE_ERROR;
        };
    }

    private static String describe(Request request) {
        return request.applicationId()
                + " "
                + request.method()
                + "/"
                + String.join("/", request.resource());
    }
}
