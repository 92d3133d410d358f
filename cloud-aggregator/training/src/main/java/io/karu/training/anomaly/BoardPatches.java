package io.karu.training.anomaly;

import io.karu.learning.anomaly.GoodPart;
import io.karu.training.anomaly.AnomalyParts.TestPart;
import io.karu.vision.Box;
import io.karu.vision.DeepPcb;
import io.karu.vision.DeepPcb.Defect;
import io.karu.vision.DeepPcb.Pair;
import io.karu.vision.GrayImage;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Pieces of boards as parts of their own. DeepPCB: good pieces to learn from are cut from templates
 * of the training pairs; those to be scored from the test pairs, half of them from templates, half
 * around a defect. Generated boards: all pieces come from test images, as the camera sees them, of
 * the same designs but other boards.
 */
final class BoardPatches {
    static final String DEEP_PCB = "deeppcb";
    static final String GENERATED = "boards";

    private static final int SIDE = 192;
    private static final int PIECES_A_TEMPLATE = 2;
    private static final long DESIGNS = 20260101;

    /** Of each design's boards, those that are learned from; the others are scored. */
    private static final int LEARNED = 30;

    private BoardPatches() {}

    /** The folder that holds the lists; empty when this is no DeepPCB. */
    static Optional<Path> lists(Path folder) {
        for (Path base : List.of(folder, folder.resolve("PCBData"))) {
            if (Files.isRegularFile(base.resolve("trainval_pairs.txt"))) {
                return Optional.of(base);
            }
        }
        return Optional.empty();
    }

    static AnomalyParts deepPcb(Path lists, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        List<GoodPart> good = new ArrayList<>();
        for (Pair pair : DeepPcb.list(lists, "trainval_pairs.txt")) {
            for (int i = 0; i < PIECES_A_TEMPLATE; i++) {
                int left = random.nextInt(BoardGenerator.SIZE - SIDE);
                int top = random.nextInt(BoardGenerator.SIZE - SIDE);
                good.add(
                        new GoodPart(DEEP_PCB, pair.id(), () -> piece(pair.template(), left, top)));
            }
        }
        List<TestPart> test = new ArrayList<>();
        for (Pair pair : DeepPcb.list(lists, "test.txt")) {
            List<Defect> defects = pair.defects();
            int left = random.nextInt(BoardGenerator.SIZE - SIDE);
            int top = random.nextInt(BoardGenerator.SIZE - SIDE);
            test.add(
                    new TestPart(
                            pair.id() + "-template",
                            TestPart.GOOD,
                            () -> piece(pair.template(), left, top),
                            Optional.empty()));
            if (!defects.isEmpty()) {
                Defect defect = defects.get(random.nextInt(defects.size()));
                test.add(
                        damaged(
                                pair.id(),
                                defect,
                                defects,
                                random,
                                (x, y) -> piece(pair.test(), x, y)));
            }
        }
        return new AnomalyParts(DEEP_PCB, good, test);
    }

    static AnomalyParts generated(int boards, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        BoardGenerator sound = new BoardGenerator(DESIGNS, 0);
        List<GoodPart> good = new ArrayList<>();
        for (int i = 0; i < boards; i++) {
            long number = shot(i, 0, LEARNED);
            int left = random.nextInt(BoardGenerator.SIZE - SIDE);
            int top = random.nextInt(BoardGenerator.SIZE - SIDE);
            good.add(
                    new GoodPart(
                            GENERATED,
                            "" + number,
                            () -> cut(sound.board(number).test(), left, top)));
        }
        BoardGenerator damaged = new BoardGenerator(DESIGNS, 1);
        List<TestPart> test = new ArrayList<>();
        for (int i = 0; i < boards / 2; i++) {
            long number = shot(i, LEARNED, BoardGenerator.BOARDS_PER_DESIGN - LEARNED);
            int left = random.nextInt(BoardGenerator.SIZE - SIDE);
            int top = random.nextInt(BoardGenerator.SIZE - SIDE);
            test.add(
                    new TestPart(
                            "good-" + number,
                            TestPart.GOOD,
                            () -> cut(sound.board(number).test(), left, top),
                            Optional.empty()));
            Board bad = damaged.board(number);
            if (!bad.defects().isEmpty()) {
                Defect defect = bad.defects().get(random.nextInt(bad.defects().size()));
                test.add(
                        damaged(
                                "bad-" + number,
                                defect,
                                bad.defects(),
                                random,
                                (x, y) -> cut(bad.test(), x, y)));
            }
        }
        return new AnomalyParts(GENERATED, good, test);
    }

    /** Number of a board: so many of each design from a first one. */
    private static long shot(int index, int first, int ofDesign) {
        return (long) (index / ofDesign) * BoardGenerator.BOARDS_PER_DESIGN
                + first
                + index % ofDesign;
    }

    private interface Cutter {
        GrayImage at(int left, int top) throws IOException;
    }

    /** A piece around a defect, which lies anywhere in it; boxes are the mask. */
    private static TestPart damaged(
            String id, Defect defect, List<Defect> all, SplittableRandom random, Cutter cutter) {
        int left = around(defect.box().x(), defect.box().width(), random);
        int top = around(defect.box().y(), defect.box().height(), random);
        return new TestPart(
                id + "-" + defect.type(),
                defect.type().toString(),
                () -> cutter.at(left, top),
                Optional.of(image -> mask(all, left, top)));
    }

    private static int around(int start, int length, SplittableRandom random) {
        int slack = Math.max(1, SIDE - length);
        int left = start - random.nextInt(slack);
        return Math.max(0, Math.min(BoardGenerator.SIZE - SIDE, left));
    }

    private static boolean[] mask(List<Defect> defects, int left, int top) {
        boolean[] mask = new boolean[SIDE * SIDE];
        for (Defect defect : defects) {
            Box box = defect.box();
            for (int y = Math.max(0, box.y() - top);
                    y < Math.min(SIDE, box.y() + box.height() - top);
                    y++) {
                for (int x = Math.max(0, box.x() - left);
                        x < Math.min(SIDE, box.x() + box.width() - left);
                        x++) {
                    mask[y * SIDE + x] = true;
                }
            }
        }
        return mask;
    }

    private static GrayImage piece(Path file, int left, int top) throws IOException {
        return cut(MagneticTiles.decode(file), left, top);
    }

    private static GrayImage cut(GrayImage image, int left, int top) {
        return (GrayImage) image.crop(left, top, SIDE, SIDE);
    }
}
