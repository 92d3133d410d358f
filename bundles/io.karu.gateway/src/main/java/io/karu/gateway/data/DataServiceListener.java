package io.karu.gateway.data;

/**
 * What a user of {@link DataService} is told. Calls must not block for longer than a publish takes.
 */
public interface DataServiceListener {

    /**
     * Connected. Until this returns only messages of priority 0 are sent, so that BIRTH is first.
     */
    void connectionEstablished();

    /** About to disconnect cleanly; what is published now at priority 0 still leaves. */
    void disconnecting();

    void disconnected();

    void connectionLost(Throwable cause);

    void messageArrived(String topic, byte[] payload);

    /**
     * The broker acknowledged a message of QoS 1 or 2; the topic is as it was published, tokens
     * included.
     */
    void messageConfirmed(int id, String topic);
}
