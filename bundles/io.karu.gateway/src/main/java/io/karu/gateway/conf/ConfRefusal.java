package io.karu.gateway.conf;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Map;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.message.KuraResponsePayload;

/** An error that CONF-V2 tells in the reply's body. */
final class ConfRefusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int code;
    private final transient JsonObject body;

    private ConfRefusal(int code, JsonObject body) {
        super(body.toString());
        this.code = code;
        this.body = body;
    }

    static ConfRefusal badRequest(String message) {
        return new ConfRefusal(KuraResponsePayload.RESPONSE_CODE_BAD_REQUEST, message(message));
    }

    static ConfRefusal missing(String parameter) {
        return badRequest("parameter \"" + parameter + "\" is required");
    }

    static ConfRefusal of(KuraException cause) {
        int code =
                switch (cause.getCode()) {
                    case NOT_FOUND -> KuraResponsePayload.RESPONSE_CODE_NOTFOUND;
                    case BAD_REQUEST, CONFIGURATION_ERROR ->
                            KuraResponsePayload.RESPONSE_CODE_BAD_REQUEST;
                    default -> KuraResponsePayload.RESPONSE_CODE_ERROR;
                };
        return new ConfRefusal(code, message(cause.getMessage()));
    }

    /** The failed parts of a batch, by their ids. */
    static ConfRefusal failures(Map<String, String> messages) {
        JsonArray failures = new JsonArray();
        messages.forEach(
                (id, message) -> {
                    JsonObject failure = message(message);
                    failure.addProperty("id", id);
                    failures.add(failure);
                });
        JsonObject body = new JsonObject();
        body.add("failures", failures);
        return new ConfRefusal(KuraResponsePayload.RESPONSE_CODE_ERROR, body);
    }

    int code() {
        return code;
    }

    JsonObject body() {
        return body;
    }

    private static JsonObject message(String message) {
        JsonObject json = new JsonObject();
        json.addProperty("message", message == null ? "An internal error occurred" : message);
        return json;
    }
}
