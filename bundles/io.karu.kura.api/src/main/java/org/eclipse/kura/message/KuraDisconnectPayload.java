package org.eclipse.kura.message;

/** What a gateway says when it leaves. */
public class KuraDisconnectPayload extends KuraPayload {

    private static final String UPTIME = "uptime";
    private static final String DISPLAY_NAME = "display_name";

    public KuraDisconnectPayload(String uptime, String displayName) {
        addMetric(UPTIME, uptime);
        addMetric(DISPLAY_NAME, displayName);
    }

    public KuraDisconnectPayload(KuraPayload kuraMessage) {
        for (final String name : kuraMessage.metricNames()) {
            addMetric(name, kuraMessage.getMetric(name));
        }
        setBody(kuraMessage.getBody());
        setPosition(kuraMessage.getPosition());
    }

    public String getUptime() {
        return (String) getMetric(UPTIME);
    }

    public String getDisplayName() {
        return (String) getMetric(DISPLAY_NAME);
    }

    @Override
    public String toString() {
        return "KuraDisconnectPayload [uptime="
                + getUptime()
                + ", displayName="
                + getDisplayName()
                + "]";
    }
}
