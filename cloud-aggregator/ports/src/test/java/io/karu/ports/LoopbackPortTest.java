package io.karu.ports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LoopbackPortTest {
    @Test
    void aClaimedPortIsNotGivenAgainUntilItIsClosed() throws IOException {
        Set<Integer> numbers = new HashSet<>();
        Set<LoopbackPort> claims = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            LoopbackPort port = LoopbackPort.free();
            claims.add(port);
            assertTrue(numbers.add(port.number()), () -> port.number() + " is given twice");
            assertEquals(Optional.empty(), LoopbackPort.claim(port.number()));
        }
        claims.forEach(LoopbackPort::close);
    }

    @Test
    void aPortWhereSomebodyListensIsNotGiven() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertEquals(Optional.empty(), LoopbackPort.claim(taken.getLocalPort()));
        }
    }
}
