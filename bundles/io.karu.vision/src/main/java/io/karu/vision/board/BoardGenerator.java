package io.karu.vision.board;

import io.karu.vision.Box;
import io.karu.vision.DeepPcb.Defect;
import io.karu.vision.DeepPcb.DefectClass;
import io.karu.vision.GrayImage;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes boards of {@value #SIZE} × {@value #SIZE} pixels as a registered line-scan camera sees them
 * after binarisation: copper black on white, with traces, pads, drill holes and solder joints. The
 * test image is moved and scaled a little against its template, its edges jitter, and it has
 * defects of the six DeepPCB classes, whose boxes are known. The same seed and number give the same
 * board.
 *
 * <p>One template design serves {@value #BOARDS_PER_DESIGN} boards in a row, as on a line.
 * Thread-safe.
 */
public final class BoardGenerator {
    /** Width and height of a board in pixels. */
    public static final int SIZE = 640;

    /** Boards of one design before the next design comes. */
    public static final int BOARDS_PER_DESIGN = 50;

    private static final int BOX_MARGIN = 10;
    private static final int FEWEST_DEFECTS = 2;
    private static final int MOST_DEFECTS = 7;
    private static final double LARGEST_SHIFT = 2.5;
    private static final double LARGEST_STRETCH = 0.007;

    private final long seed;
    private final double defectiveShare;

    /**
     * @param seed chooses designs, jitter and defects
     * @param defectiveShare share of boards with defects, 0 to 1
     */
    public BoardGenerator(long seed, double defectiveShare) {
        if (!(defectiveShare >= 0 && defectiveShare <= 1)) {
            throw new IllegalArgumentException(
                    "defectiveShare must be 0 to 1, was " + defectiveShare);
        }
        this.seed = seed;
        this.defectiveShare = defectiveShare;
    }

    /** The board of that number, counted from 0. */
    public Board board(long number) {
        if (number < 0) {
            throw new IllegalArgumentException("boards are counted from 0, not " + number);
        }
        Design design = Design.random(new SplittableRandom(mix(seed, number / BOARDS_PER_DESIGN)));
        SplittableRandom random = new SplittableRandom(mix(~seed, number));
        GrayImage template =
                binarised(
                        design.draw(new AffineTransform()),
                        new SplittableRandom(mix(seed, ~number)));

        BufferedImage drawn = design.draw(misplacement(random));
        List<Defect> defects = new ArrayList<>();
        if (random.nextDouble() < defectiveShare) {
            damage(drawn, design, random, defects);
        }
        return new Board(
                String.format("%08d", number), binarised(drawn, random), template, defects);
    }

    private static AffineTransform misplacement(SplittableRandom random) {
        AffineTransform transform =
                AffineTransform.getTranslateInstance(
                        random.nextDouble(-LARGEST_SHIFT, LARGEST_SHIFT),
                        random.nextDouble(-LARGEST_SHIFT, LARGEST_SHIFT));
        transform.scale(
                1 + random.nextDouble(-LARGEST_STRETCH, LARGEST_STRETCH),
                1 + random.nextDouble(-LARGEST_STRETCH, LARGEST_STRETCH));
        return transform;
    }

    private static void damage(
            BufferedImage board, Design design, SplittableRandom random, List<Defect> defects) {
        int wanted = random.nextInt(FEWEST_DEFECTS, MOST_DEFECTS + 1);
        Damage damage = new Damage(board, design);
        DefectClass[] classes = DefectClass.values();
        for (int i = 0; defects.size() < wanted && i < 4 * wanted; i++) {
            DefectClass type = classes[random.nextInt(classes.length)];
            damage.place(type, random)
                    .ifPresent(
                            mark -> {
                                Box box =
                                        apply(board, mark.shape(), mark.copper())
                                                .grown(BOX_MARGIN, SIZE, SIZE);
                                defects.add(new Defect(box, type));
                            });
        }
    }

    /** Draws the mark and returns the box of the pixels it changed. */
    private static Box apply(BufferedImage board, Shape mark, boolean copper) {
        byte[] before = Design.pixels(board).clone();
        Graphics2D graphics = Design.graphics(board);
        graphics.setColor(copper ? Design.COPPER : Design.LAMINATE);
        graphics.fill(mark);
        graphics.dispose();
        byte[] after = Design.pixels(board);
        int left = SIZE;
        int top = SIZE;
        int right = -1;
        int bottom = -1;
        for (int i = 0; i < after.length; i++) {
            if ((before[i] ^ after[i]) < 0) {
                left = Math.min(left, i % SIZE);
                right = Math.max(right, i % SIZE);
                top = Math.min(top, i / SIZE);
                bottom = Math.max(bottom, i / SIZE);
            }
        }
        return new Box(left, top, right - left + 1, bottom - top + 1);
    }

    /** Softens, adds noise and cuts at half: straight edges become ragged by about a pixel. */
    private static GrayImage binarised(BufferedImage drawn, SplittableRandom random) {
        byte[] sharp = Design.pixels(drawn);
        byte[] pixels = new byte[SIZE * SIZE];
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                int soft = softened(sharp, x, y);
                int noise = soft == 0 || soft == 255 ? 0 : random.nextInt(-70, 71);
                pixels[y * SIZE + x] = (byte) (soft + noise > 127 ? 255 : 0);
            }
        }
        return new GrayImage(SIZE, SIZE, pixels);
    }

    private static int softened(byte[] pixels, int x, int y) {
        int sum = 0;
        for (int row = y - 1; row <= y + 1; row++) {
            int line = Math.max(0, Math.min(SIZE - 1, row)) * SIZE;
            for (int column = x - 1; column <= x + 1; column++) {
                sum += pixels[line + Math.max(0, Math.min(SIZE - 1, column))] & 0xff;
            }
        }
        return sum / 9;
    }

    private static long mix(long a, long b) {
        long z = a * 0x9E3779B97F4A7C15L + b;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
