package io.karu.compression.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inspection.Decision;
import io.karu.compression.gateway.FrameReserve.Kept;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FrameReserveTest {
    @TempDir Path temp;

    private long bytes() throws Exception {
        long bytes = 0;
        try (Stream<Path> files = Files.walk(temp.resolve("frames"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    @Test
    void aBoundedNumberOfAcceptedAndOtherFramesIsKeptPerModelAndFoundAgain() throws Exception {
        FrameReserve reserve = new FrameReserve(temp.resolve("frames"), 8, 1 << 20);
        for (int i = 0; i < 40; i++) {
            Line.inspect(reserve, "one", Decision.ACCEPT, Line.frame(i));
            Line.inspect(reserve, "one", Decision.REVIEW, Line.frame(100 + i));
        }
        Line.inspect(reserve, "two", Decision.ACCEPT, Line.frame(1));
        Line.inspect(reserve, "two", Decision.ACCEPT, Line.frame(1));
        assertEquals(8, reserve.accepted("one"));
        assertEquals(1, reserve.accepted("two"), "the same image twice");

        FrameReserve again = new FrameReserve(temp.resolve("frames"), 8, 1 << 20);
        assertEquals(8, again.accepted("one"));
        again.copy("one", temp.resolve("copy"));
        List<Kept> copies = FrameReserve.list(temp.resolve("copy"));
        assertEquals(12, copies.size());
        assertEquals(8, copies.stream().filter(Kept::accepted).count());
    }

    @Test
    void theBoundOfBytesHoldsForAllModels() throws Exception {
        long most = 6L * Line.frame(0).length;
        FrameReserve reserve = new FrameReserve(temp.resolve("frames"), 100, most);
        for (int i = 0; i < 60; i++) {
            Line.inspect(reserve, i % 2 == 0 ? "one" : "two", Decision.ACCEPT, Line.frame(i));
        }
        assertTrue(bytes() <= most, bytes() + " of " + most);
        assertTrue(reserve.accepted("one") > 0);
    }
}
