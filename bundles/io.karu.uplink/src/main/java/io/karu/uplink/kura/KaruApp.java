package io.karu.uplink.kura;

import io.karu.api.uplink.UplinkResource.Method;
import io.karu.uplink.Requests;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.List;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.request.RequestHandler;
import org.eclipse.kura.cloudconnection.request.RequestHandlerContext;
import org.eclipse.kura.cloudconnection.request.RequestHandlerMessageConstants;
import org.eclipse.kura.message.KuraResponsePayload;

/** Karu's app on Kura's request protocol. */
final class KaruApp implements RequestHandler {
    static final String ID = "KARU-V1";
    private static final String TRACEPARENT = "traceparent";
    private static final String HANDLED = "karu.handled.micros";
    private final Requests requests;

    KaruApp(Requests requests) {
        this.requests = requests;
    }

    @Override
    public KuraMessage doGet(RequestHandlerContext context, KuraMessage request) {
        return answer(Method.GET, request);
    }

    @Override
    public KuraMessage doPut(RequestHandlerContext context, KuraMessage request) {
        return answer(Method.PUT, request);
    }

    @Override
    public KuraMessage doPost(RequestHandlerContext context, KuraMessage request) {
        return answer(Method.POST, request);
    }

    @Override
    public KuraMessage doDel(RequestHandlerContext context, KuraMessage request) {
        return answer(Method.DEL, request);
    }

    @Override
    public KuraMessage doExec(RequestHandlerContext context, KuraMessage request) {
        return answer(Method.EXEC, request);
    }

    private KuraMessage answer(Method method, KuraMessage request) {
        long begun = System.nanoTime();
        byte[] body = request.getPayload().getBody();
        String text = body == null ? "" : new String(body, StandardCharsets.UTF_8);
        Requests.Reply reply = requests.answer(method, path(request), text);
        KuraResponsePayload payload = new KuraResponsePayload(reply.status());
        payload.setTimestamp(new Date());
        payload.addMetric("karu.contract", Requests.CONTRACT);
        if (request.getPayload().getMetric(TRACEPARENT) instanceof String trace) {
            payload.addMetric(TRACEPARENT, trace);
            payload.addMetric(HANDLED, (System.nanoTime() - begun) / 1000);
        }
        if (!reply.message().isEmpty()) {
            payload.setExceptionMessage(reply.message());
        }
        payload.setBody(reply.body().getBytes(StandardCharsets.UTF_8));
        return new KuraMessage(payload);
    }

    private static String path(KuraMessage request) {
        Object levels =
                request.getProperties().get(RequestHandlerMessageConstants.ARGS_KEY.value());
        return levels instanceof List<?> list
                ? String.join("/", list.stream().map(String::valueOf).toList())
                : "";
    }
}
