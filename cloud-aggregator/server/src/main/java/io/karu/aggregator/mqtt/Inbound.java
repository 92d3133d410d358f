package io.karu.aggregator.mqtt;

import io.karu.kura.Topic;

/**
 * A message that arrived.
 *
 * @param acknowledge tells the broker that the message is dealt with; until then it delivers it
 *     again after a reconnection
 */
public record Inbound(Topic topic, byte[] payload, Runnable acknowledge) {}
