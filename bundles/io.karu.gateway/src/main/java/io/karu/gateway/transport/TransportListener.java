package io.karu.gateway.transport;

/**
 * What {@link MqttDataTransport} tells its one user. Called on MQTT's callback thread; must not
 * wait for MQTT.
 */
public interface TransportListener {

    void connectionLost(Throwable cause);

    void messageArrived(String topic, byte[] payload);

    /** The configuration is about to change; a connection must be closed cleanly now. */
    void configurationChanging();

    void configurationChanged();
}
