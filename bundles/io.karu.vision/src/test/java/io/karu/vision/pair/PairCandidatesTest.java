package io.karu.vision.pair;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.karu.vision.Box;
import io.karu.vision.DeepPcb.Defect;
import io.karu.vision.GrayImage;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardGenerator;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class PairCandidatesTest {
    private final PairCandidates candidates = new PairCandidates(PairSettings.DEFAULT);

    @Test
    void anImageLikeItsTemplateHasNone() {
        Board board = new BoardGenerator(3, 1).board(0);
        assertEquals(0, candidates.find(board.template(), board.template()));
    }

    @Test
    void everyDefectOfGeneratedBoardsHasOneInItsBox() {
        BoardGenerator boards = new BoardGenerator(4, 1);
        for (int number = 0; number < 20; number++) {
            Board board = boards.board(number * 13);
            int count = candidates.find(board.test(), board.template());
            for (Defect defect : board.defects()) {
                assertTrue(contains(defect.box(), count), "board " + number + ": " + defect);
            }
        }
    }

    @Test
    void aTemplateThatLiesOffByLessThanTheReachIsMovedOntoTheImage() {
        GrayImage template = new BoardGenerator(5, 0).board(0).template();
        GrayImage moved = (GrayImage) template.crop(3, -4, template.width(), template.height());
        PairCandidates within = new PairCandidates(new PairSettings(4, 3, 3, 1, 6, 128));
        PairCandidates without = new PairCandidates(new PairSettings(0, 3, 3, 1, 6, 128));
        int left = within.find(moved, template);
        assertTrue(left <= 4, left + " places at the edges, at most");
        assertTrue(without.find(moved, template) > 20);
        assertEquals(3, within.rightAt(320, 320));
        assertEquals(-4, within.downAt(320, 320));
    }

    @Test
    void moreThanAllowedIsToldAndLeftOut() {
        BoardGenerator boards = new BoardGenerator(6, 0);
        GrayImage one = boards.board(0).template();
        GrayImage other = boards.board(BoardGenerator.BOARDS_PER_DESIGN).template();
        PairCandidates few = new PairCandidates(new PairSettings(4, 2, 5, 1, 6, 10));
        assertEquals(10, few.find(one, other));
        assertTrue(few.more());
        few.find(one, one);
        assertFalse(few.more());
    }

    @Test
    void imagesOfDifferentSizesAreRefused() {
        GrayImage small = new GrayImage(64, 64, new byte[64 * 64]);
        GrayImage large = new GrayImage(65, 64, new byte[65 * 64]);
        assertThrows(IllegalArgumentException.class, () -> candidates.find(small, large));
    }

    @Test
    void nothingIsAllocatedForAFrameLikeThoseBefore() {
        Board board = new BoardGenerator(7, 1).board(1);
        PairCrops crops = new PairCrops(48);
        ByteBuffer cut = ByteBuffer.allocateDirect(crops.bytes());
        for (int i = 0; i < 50; i++) {
            inspect(board, crops, cut);
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(thread);
        for (int i = 0; i < 20; i++) {
            inspect(board, crops, cut);
        }
        long allocated = threads.getThreadAllocatedBytes(thread) - before;
        assertTrue(allocated < 2048, allocated + " bytes in 20 frames");
    }

    private void inspect(Board board, PairCrops crops, ByteBuffer cut) {
        int count = candidates.find(board.test(), board.template());
        for (int i = 0; i < count; i++) {
            crops.cut(
                    board.test(),
                    board.template(),
                    candidates.x(i),
                    candidates.y(i),
                    candidates.right(i),
                    candidates.down(i),
                    cut,
                    0);
        }
    }

    private boolean contains(Box box, int count) {
        for (int i = 0; i < count; i++) {
            int x = candidates.x(i);
            int y = candidates.y(i);
            if (x >= box.x()
                    && x < box.x() + box.width()
                    && y >= box.y()
                    && y < box.y() + box.height()) {
                return true;
            }
        }
        return false;
    }
}
