package io.karu.testbed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PortsTest {
    @TempDir Path folder;

    @Test
    void twoTestBedsStartedAtOnceGetDifferentPorts() throws Exception {
        try (Ports one = new Ports(folder.resolve("one"));
                Ports other = new Ports(folder.resolve("other"))) {
            int preferred = one.port("http", 0);
            assertEquals(preferred, one.port("http", 0));
            assertNotEquals(preferred, other.port("http", preferred));
        }
    }

    @Test
    void aTestBedOpenedAgainHasItsPortsAgainUnlessSomeoneElseListens() throws Exception {
        Path file = folder.resolve("ports");
        int before;
        try (Ports ports = new Ports(file)) {
            before = ports.port("http", 0);
        }
        try (Ports ports = new Ports(file)) {
            assertEquals(before, ports.port("http", 0));
        }
        try (ServerSocket taken = new ServerSocket(before, 1, InetAddress.getLoopbackAddress());
                Ports ports = new Ports(file)) {
            assertNotEquals(taken.getLocalPort(), ports.port("http", 0));
        }
    }
}
