package org.eclipse.kura.message;

import java.io.PrintWriter;
import java.io.StringWriter;

/** The payload of a reply: a code like HTTP's and, for errors, a message. */
public class KuraResponsePayload extends KuraPayload {

    public static final int RESPONSE_CODE_OK = 200;
    public static final int RESPONSE_CODE_BAD_REQUEST = 400;
    public static final int RESPONSE_CODE_NOTFOUND = 404;
    public static final int RESPONSE_CODE_ERROR = 500;
    public static final String METRIC_RESPONSE_CODE = "response.code";
    public static final String METRIC_EXCEPTION_MSG = "response.exception.message";
    public static final String METRIC_EXCEPTION_STACK = "response.exception.stack";

    public KuraResponsePayload(int responseCode) {
        setResponseCode(responseCode);
    }

    public KuraResponsePayload(KuraPayload kuraPayload) {
        for (final String name : kuraPayload.metricNames()) {
            addMetric(name, kuraPayload.getMetric(name));
        }
        setBody(kuraPayload.getBody());
        setPosition(kuraPayload.getPosition());
        setTimestamp(kuraPayload.getTimestamp());
    }

    public KuraResponsePayload(Throwable t) {
        this(RESPONSE_CODE_ERROR, t);
    }

    public KuraResponsePayload(int responseCode, Throwable t) {
        this(responseCode);
        setException(t);
    }

    public int getResponseCode() {
        return (Integer) getMetric(METRIC_RESPONSE_CODE);
    }

    public void setResponseCode(int responseCode) {
        addMetric(METRIC_RESPONSE_CODE, Integer.valueOf(responseCode));
    }

    public String getExceptionMessage() {
        return (String) getMetric(METRIC_EXCEPTION_MSG);
    }

    public void setExceptionMessage(String message) {
        if (message != null) {
            addMetric(METRIC_EXCEPTION_MSG, message);
        }
    }

    public String getExceptionStack() {
        return (String) getMetric(METRIC_EXCEPTION_STACK);
    }

    public void setExceptionStack(String stack) {
        if (stack != null) {
            addMetric(METRIC_EXCEPTION_STACK, stack);
        }
    }

    /** Sets message and stack trace; null is ignored. */
    public void setException(Throwable t) {
        if (t == null) {
            return;
        }
        setExceptionMessage(t.getMessage());
        StringWriter stack = new StringWriter();
        t.printStackTrace(new PrintWriter(stack, true));
        setExceptionStack(stack.toString());
    }
}
