package io.karu.gateway.request;

import java.util.List;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.request.RequestHandlerMessageConstants;
import org.eclipse.kura.message.KuraResponsePayload;

/** What a handler reads from a request, and how it answers. */
public final class AppRequest {

    private AppRequest() {}

    /**
     * The topic levels after the method, joined by {@code /}.
     *
     * @throws KuraException BAD_REQUEST when there are none
     */
    public static String resource(KuraMessage request) throws KuraException {
        List<String> levels = levels(request);
        if (levels.isEmpty()) {
            throw new KuraException(KuraErrorCode.BAD_REQUEST, "no resource was named");
        }
        return String.join("/", levels);
    }

    public static List<String> levels(KuraMessage request) throws KuraException {
        if (request.getProperties().get(RequestHandlerMessageConstants.ARGS_KEY.value())
                instanceof List<?> levels) {
            return levels.stream().map(String::valueOf).toList();
        }
        throw new KuraException(KuraErrorCode.BAD_REQUEST, "no resource was named");
    }

    public static KuraMessage ok() {
        return new KuraMessage(new KuraResponsePayload(KuraResponsePayload.RESPONSE_CODE_OK));
    }

    public static KuraMessage ok(byte[] body) {
        return withBody(KuraResponsePayload.RESPONSE_CODE_OK, body);
    }

    public static KuraMessage withBody(int code, byte[] body) {
        KuraResponsePayload payload = new KuraResponsePayload(code);
        payload.setBody(body);
        return new KuraMessage(payload);
    }

    public static KuraException notFound(String resource) {
        return new KuraException(KuraErrorCode.NOT_FOUND, "no resource " + resource + " here");
    }
}
