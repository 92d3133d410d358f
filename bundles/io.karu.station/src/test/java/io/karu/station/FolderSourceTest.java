package io.karu.station;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inspection.Frame;
import io.karu.api.inspection.StationId;
import io.karu.station.StationSettings.After;
import io.karu.station.StationSettings.Template;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderSourceTest {
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir Path folder;

    @Test
    void theOldestNameComesFirstAndAgainUntilItIsDone() throws Exception {
        put("b_test.jpg", jpeg(2));
        put("a_test.jpg", jpeg(1));
        try (FolderSource source = source(false, false)) {
            Frame first = source.next(LONG).orElseThrow();
            assertEquals("a_test.jpg", first.id().position());
            assertEquals(first.id(), source.next(LONG).orElseThrow().id());
            assertEquals(2, source.backlog());
            source.done(first.id());
            source.done(first.id());
            assertEquals("b_test.jpg", source.next(LONG).orElseThrow().id().position());
            assertEquals(1, source.backlog());
        }
    }

    @Test
    void anImageThatIsStillWrittenIsNotOffered() throws Exception {
        byte[] whole = jpeg(1);
        put("a_test.jpg", Arrays.copyOf(whole, whole.length - 4));
        try (FolderSource source = source(false, false)) {
            assertEquals(Optional.empty(), source.next(SHORT));
            put("a_test.jpg", whole);
            assertArrayEquals(whole, bytes(source.next(LONG).orElseThrow().encoded()));
        }
    }

    @Test
    void aFileThatStoppedGrowingIsOfferedAsItIs() throws Exception {
        put("a_test.bmp", new byte[] {'B', 'M', 1, 2});
        try (FolderSource source = source(false, false)) {
            assertEquals(4, source.next(LONG).orElseThrow().encoded().remaining());
        }
    }

    @Test
    void aPairWaitsForItsTemplateWithoutHoldingBackTheNext() throws Exception {
        put("a_test.jpg", jpeg(1));
        put("b_temp.jpg", jpeg(3));
        put("b_test.jpg", jpeg(2));
        try (FolderSource source = source(true, false)) {
            Frame second = source.next(LONG).orElseThrow();
            assertEquals("b_test.jpg", second.id().position());
            assertArrayEquals(jpeg(3), bytes(second.template().orElseThrow()));
            put("a_temp.jpg", jpeg(4));
            assertEquals("a_test.jpg", source.next(LONG).orElseThrow().id().position());
        }
    }

    @Test
    void aTemplateThatNeverComesIsNotAwaitedForever() throws Exception {
        put("a_test.jpg", jpeg(1));
        try (FolderSource source = source(true, false)) {
            assertEquals(Optional.empty(), source.next(LONG).orElseThrow().template());
        }
    }

    @Test
    void inspectedFilesAreMovedWhenAsked() throws Exception {
        put("a_temp.jpg", jpeg(2));
        put("a_test.jpg", jpeg(1));
        try (FolderSource source = source(true, true)) {
            source.done(source.next(LONG).orElseThrow().id());
            assertEquals(Optional.empty(), source.next(SHORT));
        }
        assertTrue(Files.exists(folder.resolve("done/a_test.jpg")));
        assertTrue(Files.exists(folder.resolve("done/a_temp.jpg")));
    }

    @Test
    void aNewFileEndsTheWait() throws Exception {
        try (FolderSource source = source(false, false)) {
            assertEquals(Optional.empty(), source.next(SHORT));
            Thread camera =
                    new Thread(
                            () -> {
                                try {
                                    put("a_test.jpg", jpeg(1));
                                } catch (IOException e) {
                                    throw new AssertionError(e);
                                }
                            });
            camera.start();
            assertTrue(source.next(LONG).isPresent());
            camera.join();
        }
    }

    @Test
    void aMissingFolderIsNamed() throws Exception {
        try (FolderSource source =
                new FolderSource(
                        new StationId("s"),
                        folder.resolve("absent"),
                        Template.NONE,
                        After.DELETE)) {
            IOException missing = assertThrows(IOException.class, () -> source.next(SHORT));
            assertTrue(missing.getMessage().contains("absent"), missing.getMessage());
        }
    }

    @Test
    void whereNoTemplateIsNeededEveryImageIsAFrame() throws Exception {
        put("a.png", jpeg(1));
        put("b_temp.jpg", jpeg(1));
        put("c_test.jpg", jpeg(1));
        put("d.txt", jpeg(1));
        try (FolderSource source = source(false, false)) {
            Frame first = source.next(LONG).orElseThrow();
            assertEquals("a.png", first.id().position());
            source.done(first.id());
            Frame second = source.next(LONG).orElseThrow();
            assertEquals("c_test.jpg", second.id().position());
            source.done(second.id());
            assertEquals(Optional.empty(), source.next(SHORT));
        }
    }

    @Test
    void otherFilesAreLeftAlone() throws Exception {
        put("a.txt", jpeg(1));
        put("a_temp.jpg", jpeg(1));
        put(".b_test.jpg", jpeg(1));
        put("c_test.jpg.part", jpeg(1));
        Files.createDirectory(folder.resolve("d_test.jpg"));
        try (FolderSource source = source(true, false)) {
            assertEquals(Optional.empty(), source.next(SHORT));
        }
    }

    private FolderSource source(boolean pairs, boolean move) {
        return new FolderSource(
                new StationId("s"),
                folder,
                pairs ? Template.PAIR : Template.NONE,
                move ? After.MOVE : After.DELETE);
    }

    private void put(String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name), content);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    /** Enough of a JPEG for a source, which does not decode. */
    private static byte[] jpeg(int content) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) content);
        bytes[0] = (byte) 0xff;
        bytes[1] = (byte) 0xd8;
        bytes[30] = (byte) 0xff;
        bytes[31] = (byte) 0xd9;
        return bytes;
    }
}
