package io.karu.vision.board;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.vision.Box;
import io.karu.vision.DeepPcb;
import io.karu.vision.DeepPcb.Defect;
import io.karu.vision.DeepPcb.DefectClass;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BoardGeneratorTest {
    @TempDir Path directory;

    @Test
    void theSameSeedAndNumberGiveTheSameFiles() throws IOException {
        Board board = new BoardGenerator(1, 1).board(7);
        Board again = new BoardGenerator(1, 1).board(7);
        assertArrayEquals(board.testJpeg(), again.testJpeg());
        assertArrayEquals(board.templateJpeg(), again.templateJpeg());
        assertEquals(board.annotation(), again.annotation());
        assertFalse(Arrays.equals(board.testJpeg(), new BoardGenerator(2, 1).board(7).testJpeg()));
    }

    @Test
    void boardsHaveDefectsOfAllSixClasses() {
        Set<DefectClass> seen = EnumSet.noneOf(DefectClass.class);
        for (int i = 0; i < 40; i++) {
            List<Defect> defects = new BoardGenerator(3, 1).board(i).defects();
            assertTrue(defects.size() >= 2, "board " + i + " has " + defects.size() + " defects");
            defects.forEach(defect -> seen.add(defect.type()));
        }
        assertEquals(EnumSet.allOf(DefectClass.class), seen);
    }

    @Test
    void goodBoardsDifferFromTheirTemplateOnlyAtEdges() {
        Board good = new BoardGenerator(4, 0).board(0);
        assertEquals(List.of(), good.defects());
        int differing = 0;
        for (int i = 0; i < good.test().pixels().length; i++) {
            differing += good.test().pixels()[i] == good.template().pixels()[i] ? 0 : 1;
        }
        assertTrue(differing > 500, "edges jitter: " + differing);
        assertTrue(differing < 60_000, "no more than the edges differ: " + differing);
    }

    @Test
    void aFolderOfBoardsReadsBackAsDeepPcb() throws IOException {
        Board board = new BoardGenerator(5, 1).board(3);
        new BoardFolder(directory).write(board);
        List<DeepPcb.Pair> pairs = DeepPcb.folder(directory);
        assertEquals(1, pairs.size());
        assertEquals("00000003", pairs.get(0).id());
        assertEquals(board.defects(), pairs.get(0).defects());
    }

    @Test
    void boxesLieInTheImage() {
        for (Defect defect : new BoardGenerator(6, 1).board(11).defects()) {
            Box box = defect.box();
            assertTrue(box.x() >= 0 && box.y() >= 0, box.toString());
            assertTrue(box.x() + box.width() <= BoardGenerator.SIZE, box.toString());
            assertTrue(box.y() + box.height() <= BoardGenerator.SIZE, box.toString());
        }
    }
}
