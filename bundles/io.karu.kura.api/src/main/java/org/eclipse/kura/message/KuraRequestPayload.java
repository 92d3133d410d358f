package org.eclipse.kura.message;

import java.text.ParseException;

/** The payload of a request: who asks, and the id that the reply carries. */
public class KuraRequestPayload extends KuraPayload {

    public static final String METRIC_REQUEST_ID = "request.id";
    public static final String REQUESTER_CLIENT_ID = "requester.client.id";

    public KuraRequestPayload() {}

    public KuraRequestPayload(KuraPayload payload) {
        for (final String name : payload.metricNames()) {
            addMetric(name, payload.getMetric(name));
        }
        setBody(payload.getBody());
        setPosition(payload.getPosition());
        setTimestamp(payload.getTimestamp());
    }

    public String getRequestId() {
        return (String) getMetric(METRIC_REQUEST_ID);
    }

    public void setRequestId(String requestId) {
        addMetric(METRIC_REQUEST_ID, requestId);
    }

    public String getRequesterClientId() {
        return (String) getMetric(REQUESTER_CLIENT_ID);
    }

    public void setRequesterClientId(String requesterClientId) {
        addMetric(REQUESTER_CLIENT_ID, requesterClientId);
    }

    /**
     * A request, if the payload names its id and its sender.
     *
     * @throws ParseException when one of them is missing
     */
    public static KuraRequestPayload buildFromKuraPayload(KuraPayload payload)
            throws ParseException {
        if (payload.getMetric(METRIC_REQUEST_ID) == null) {
            throw new ParseException("The metric " + METRIC_REQUEST_ID + " is missing", 0);
        }
        if (payload.getMetric(REQUESTER_CLIENT_ID) == null) {
            throw new ParseException("The metric " + REQUESTER_CLIENT_ID + " is missing", 0);
        }
        return new KuraRequestPayload(payload);
    }
}
