package io.karu.gateway.data;

/** A message on its way to the broker. {@code priority} 0 is sent first. */
record StoredMessage(String topic, byte[] payload, int qos, boolean retain, int priority) {}
