package io.karu.testbed;

import io.karu.vision.board.Board;
import io.karu.vision.board.BoardGenerator;
import java.io.IOException;

/** Boards that the seeded generator makes; about two of three have defects. */
public final class GeneratedBoards implements Camera.Boards {
    private static final double DEFECTIVE_SHARE = 0.65;

    private final BoardGenerator generator;

    public GeneratedBoards(long seed) {
        this.generator = new BoardGenerator(seed, DEFECTIVE_SHARE);
    }

    @Override
    public Camera.Board board(long number) throws IOException {
        Board board = generator.board(number);
        return new Camera.Board("board", board.testJpeg(), board.templateJpeg(), "jpg");
    }
}
