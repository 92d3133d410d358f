package org.eclipse.kura.cloudconnection.message;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.kura.message.KuraPayload;

/** A payload with the properties that route it. */
public class KuraMessage {

    private final KuraPayload payload;
    private final Map<String, Object> properties;

    public KuraMessage(KuraPayload payload) {
        this(payload, Collections.emptyMap());
    }

    public KuraMessage(KuraPayload payload, Map<String, Object> properties) {
        this.payload = payload;
        this.properties = Collections.unmodifiableMap(new HashMap<>(properties));
    }

    public KuraPayload getPayload() {
        return this.payload;
    }

    public Map<String, Object> getProperties() {
        return this.properties;
    }
}
