package io.karu.aggregator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.exceptions.ConnectionFailedException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class PerseveringTest {
    @Test
    void whatBreaksOnTheWayIsTriedAgain() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        Persevering.connect(
                () -> {
                    if (attempts.incrementAndGet() < 3) {
                        throw new ConnectionFailedException(new ClosedChannelException());
                    }
                    return "connected";
                });
        assertEquals(3, attempts.get());
        assertFalse(Persevering.refused(new SSLHandshakeException("handshake timed out")));
    }

    @Test
    void aRefusedCertificateIsNot() {
        AtomicInteger attempts = new AtomicInteger();
        Exception refused =
                assertThrows(
                        IOException.class,
                        () ->
                                Persevering.connect(
                                        () -> {
                                            attempts.incrementAndGet();
                                            throw new SSLHandshakeException(
                                                    "Received fatal alert: bad_certificate");
                                        }));
        assertTrue(Persevering.refused(refused));
        assertEquals(1, attempts.get());
    }
}
