package io.karu.vision.pair;

/**
 * Moves a template onto an image cell by cell: each cell of {@value #CELL} × {@value #CELL} pixels
 * takes the shift under which the fewest pixels differ, and a smaller shift where it costs less
 * than {@value #PENALTY} pixels per step. Keeps its arrays. Not thread-safe.
 */
final class CellRegistration {
    /** Side of a cell; its columns are a word of a {@link BitPlane}. */
    static final int CELL = 64;

    private static final int PENALTY = 2;

    private int[] right = new int[0];
    private int[] down = new int[0];
    private int columns;

    /**
     * Registers.
     *
     * @param reach largest shift to either side in pixels, below {@value #CELL}
     * @param moved takes the template, moved
     */
    void register(BitPlane image, BitPlane template, int reach, BitPlane moved) {
        moved.size(image.width(), image.height());
        columns = image.stride();
        int rows = (image.height() + CELL - 1) / CELL;
        if (right.length < columns * rows) {
            right = new int[columns * rows];
            down = new int[columns * rows];
        }
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                register(image, template, reach, row, column, moved);
            }
        }
        moved.trim();
    }

    /** What to add to a column of the image to meet the template's, in the cell of that pixel. */
    int right(int x, int y) {
        return right[y / CELL * columns + x / CELL];
    }

    /** What to add to a row of the image to meet the template's, in the cell of that pixel. */
    int down(int x, int y) {
        return down[y / CELL * columns + x / CELL];
    }

    private void register(
            BitPlane image, BitPlane template, int reach, int row, int column, BitPlane moved) {
        int from = row * CELL;
        int to = Math.min(image.height(), from + CELL);
        long inside =
                column == columns - 1 && image.width() % CELL != 0
                        ? -1L >>> CELL - image.width() % CELL
                        : -1L;
        int least = Integer.MAX_VALUE;
        int bestRight = 0;
        int bestDown = 0;
        for (int dy = 0; dy <= reach; dy = dy > 0 ? -dy : 1 - dy) {
            for (int dx = 0; dx <= reach; dx = dx > 0 ? -dx : 1 - dx) {
                int cost = (Math.abs(dx) + Math.abs(dy)) * PENALTY;
                for (int y = from; y < to && cost < least; y++) {
                    cost +=
                            Long.bitCount(
                                    (image.words()[y * columns + column]
                                                    ^ template.word(column, y + dy, dx))
                                            & inside);
                }
                if (cost < least) {
                    least = cost;
                    bestRight = dx;
                    bestDown = dy;
                }
            }
        }
        right[row * columns + column] = bestRight;
        down[row * columns + column] = bestDown;
        for (int y = from; y < to; y++) {
            moved.words()[y * columns + column] = template.word(column, y + bestDown, bestRight);
        }
    }
}
