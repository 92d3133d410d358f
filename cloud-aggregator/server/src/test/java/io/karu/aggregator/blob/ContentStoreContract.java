package io.karu.aggregator.blob;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.store.Secrets;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What every {@link ContentStore} does. */
abstract class ContentStoreContract {
    private static final int LARGE = 6 << 20;

    /** The store under test, the same content at each call. */
    abstract ContentStore open() throws Exception;

    @Test
    void whatIsKeptIsReadAgain() throws Exception {
        try (ContentStore store = open()) {
            byte[] content = random(1, 100_000);
            String hex = keep(store, content);
            assertTrue(store.holds(hex));
            assertArrayEquals(content, read(store, hex));
            assertArrayEquals(content, read(store, hex));
            assertTrue(store.answers());
        }
    }

    @Test
    void nothingIsKeptAsWellAsMuch() throws Exception {
        try (ContentStore store = open()) {
            assertEquals(0, read(store, keep(store, new byte[0])).length);
            byte[] large = random(2, LARGE);
            assertArrayEquals(large, read(store, keep(store, large)));
        }
    }

    @Test
    void theTemporaryFileIsGoneWhenItIsKept() throws Exception {
        try (ContentStore store = open()) {
            Path temporary = Files.write(store.temporary(), random(3, 10));
            store.keep(temporary, hex(random(3, 10)));
            assertFalse(Files.exists(temporary));
            Path again = Files.write(store.temporary(), random(3, 10));
            store.keep(again, hex(random(3, 10)));
            assertFalse(Files.exists(again));
        }
    }

    @Test
    void whatWasNeverKeptIsNotThere() throws Exception {
        try (ContentStore store = open()) {
            String hex = hex(random(4, 10));
            assertFalse(store.holds(hex));
            assertThrows(NoSuchFileException.class, () -> store.open(hex));
            store.delete(hex);
        }
    }

    @Test
    void whatIsDeletedIsGoneAndCanComeBack() throws Exception {
        try (ContentStore store = open()) {
            byte[] content = random(5, 1000);
            String hex = keep(store, content);
            store.delete(hex);
            assertFalse(store.holds(hex));
            assertThrows(NoSuchFileException.class, () -> store.open(hex));
            keep(store, content);
            assertArrayEquals(content, read(store, hex));
        }
    }

    @Test
    void namesThatAreNoDigestAreRefused() throws Exception {
        try (ContentStore store = open()) {
            for (String name : List.of("", "../../etc/passwd", "A".repeat(64), "a".repeat(63))) {
                assertThrows(IllegalArgumentException.class, () -> store.holds(name), name);
                assertThrows(IllegalArgumentException.class, () -> store.open(name), name);
                assertThrows(IllegalArgumentException.class, () -> store.delete(name), name);
            }
        }
    }

    @Test
    void manyMayKeepTheSameAtOnce() throws Exception {
        ExecutorService writers = Executors.newFixedThreadPool(4);
        try (ContentStore store = open()) {
            for (int round = 0; round < 5; round++) {
                byte[] content = random(100 + round, 50_000);
                List<Callable<String>> puts = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    puts.add(() -> keep(store, content));
                }
                for (Future<String> put : writers.invokeAll(puts)) {
                    assertArrayEquals(content, read(store, put.get()));
                }
            }
        } finally {
            writers.shutdown();
        }
    }

    @Test
    void contentOutlivesTheStoreAndWhatWasHalfWrittenDoesNot() throws Exception {
        byte[] content = random(6, 1000);
        Path abandoned;
        String hex;
        try (ContentStore store = open()) {
            hex = keep(store, content);
            abandoned = Files.write(store.temporary(), new byte[10]);
        }
        try (ContentStore store = open()) {
            assertArrayEquals(content, read(store, hex));
            assertFalse(Files.exists(abandoned));
        }
    }

    static String keep(ContentStore store, byte[] content) throws Exception {
        String hex = hex(content);
        store.keep(Files.write(store.temporary(), content), hex);
        return hex;
    }

    static byte[] read(ContentStore store, String hex) throws Exception {
        try (InputStream in = store.open(hex)) {
            return in.readAllBytes();
        }
    }

    static String hex(byte[] content) {
        return HexFormat.of().formatHex(Secrets.sha256().digest(content));
    }

    static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
