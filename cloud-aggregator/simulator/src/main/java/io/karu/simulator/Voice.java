package io.karu.simulator;

import io.karu.kura.Payload;

/** How a gateway speaks: replies and notifications leave with QoS 0, as Kura's do. */
interface Voice {
    void say(String topic, Payload payload);
}
