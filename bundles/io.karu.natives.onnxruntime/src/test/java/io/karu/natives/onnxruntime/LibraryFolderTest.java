package io.karu.natives.onnxruntime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryFolderTest {
    @TempDir Path temp;

    private Map<String, URL> libraries(String content) throws IOException {
        Path source = Files.createDirectories(temp.resolve("source")).resolve("libx.so");
        Files.writeString(source, content);
        return Map.of("libx.so", source.toUri().toURL());
    }

    @Test
    void theSameContentStaysInPlaceAndOtherContentReplacesIt() throws Exception {
        Path base = temp.resolve("natives");
        Path first = LibraryFolder.unpack(base, libraries("one"));
        Object file = Files.readAttributes(first.resolve("libx.so"), "unix:ino").get("ino");
        assertEquals(first, LibraryFolder.unpack(base, libraries("one")));
        assertEquals(file, Files.readAttributes(first.resolve("libx.so"), "unix:ino").get("ino"));
        Path second = LibraryFolder.unpack(base, libraries("two"));
        assertNotEquals(first, second);
        assertFalse(Files.exists(first));
        assertEquals("two", Files.readString(second.resolve("libx.so")));
    }

    @Test
    void whatAPowerCutLeftIsRemovedAndDamageIsRepaired() throws Exception {
        Path base = temp.resolve("natives");
        Files.createDirectories(base.resolve(".unpacking-1"));
        Files.writeString(base.resolve(".unpacking-1/libx.so"), "on");
        Files.writeString(base.resolve("somebody-else's"), "kept");
        Path folder = LibraryFolder.unpack(base, libraries("one"));
        Files.writeString(folder.resolve("libx.so"), "damaged");
        assertEquals(folder, LibraryFolder.unpack(base, libraries("one")));
        assertEquals("one", Files.readString(folder.resolve("libx.so")));
        try (Stream<Path> left = Files.list(base)) {
            assertEquals(2, left.count());
        }
        assertTrue(Files.exists(base.resolve("somebody-else's")));
    }
}
