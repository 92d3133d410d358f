package io.karu.vision.board;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A folder of boards in DeepPCB's names: {@code <id>_test.jpg}, {@code <id>_temp.jpg}, {@code
 * <id>.txt}. Each file is written under another name and renamed when whole, the test image last,
 * so that a station may watch the folder.
 */
public final class BoardFolder {
    private final Path folder;

    /** Creates the folder if it is absent. */
    public BoardFolder(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /** Writes one board. */
    public void write(Board board) throws IOException {
        put(board.id() + ".txt", board.annotation().getBytes(StandardCharsets.US_ASCII));
        put(board.id() + "_temp.jpg", board.templateJpeg());
        put(board.id() + "_test.jpg", board.testJpeg());
    }

    private void put(String name, byte[] content) throws IOException {
        Path partial = folder.resolve("." + name + ".part");
        Files.write(partial, content);
        Files.move(partial, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }
}
