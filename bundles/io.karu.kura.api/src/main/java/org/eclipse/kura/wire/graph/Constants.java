package org.eclipse.kura.wire.graph;

/** Names of properties of wires and of wire components. */
public enum Constants {
    WIRE_EMITTER_PORT_PROP_NAME("emitter.port"),
    WIRE_RECEIVER_PORT_PROP_NAME("receiver.port"),
    RECEIVER_PORT_COUNT_PROP_NAME("receiver.port.count"),
    EMITTER_PORT_COUNT_PROP_NAME("emitter.port.count"),
    RECEIVER_KURA_SERVICE_PID_PROP_NAME("receiver.kura.service.pid"),
    EMITTER_KURA_SERVICE_PID_PROP_NAME("emitter.kura.service.pid");

    private final String value;

    Constants(String value) {
        this.value = value;
    }

    public String value() {
        return this.value;
    }

    /**
     * The constant with this value.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static Constants fromValue(String v) {
        for (final Constants candidate : values()) {
            if (candidate.value.equals(v)) {
                return candidate;
            }
        }
        throw new IllegalArgumentException(v);
    }
}
