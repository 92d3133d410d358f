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
    private static final int CHUNK = 8;

    private final long[] cell = new long[CELL];
    private long[] shifted = new long[0];
    private int lastRight;
    private int lastDown;

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
        int words = (2 * reach + 1) * (CELL + 2 * reach);
        if (shifted.length < words) {
            shifted = new long[words];
        }
        lastRight = 0;
        lastDown = 0;
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
        int rows = Math.min(image.height(), from + CELL) - from;
        int span = CELL + 2 * reach;
        long inside =
                column == columns - 1 && image.width() % CELL != 0
                        ? -1L >>> CELL - image.width() % CELL
                        : -1L;
        for (int y = 0; y < rows; y++) {
            cell[y] = image.words()[(from + y) * columns + column] & inside;
        }
        for (int y = -reach; y < rows + reach; y++) {
            long here = template.word(column, from + y, 0);
            long last = column > 0 ? template.word(column - 1, from + y, 0) : -(here & 1);
            long next = column + 1 < columns ? template.word(column + 1, from + y, 0) : here >> 63;
            int to = y + reach;
            for (int dx = -reach; dx < 0; dx++, to += span) {
                shifted[to] = (here << -dx | last >>> 64 + dx) & inside;
            }
            shifted[to] = here & inside;
            for (int dx = 1; dx <= reach; dx++) {
                to += span;
                shifted[to] = (here >>> dx | next << 64 - dx) & inside;
            }
        }
        int guess = cost(lastRight, lastDown, reach, span, rows, Integer.MAX_VALUE);
        int least = guess + 1;
        int bestRight = 0;
        int bestDown = 0;
        for (int dy = 0; dy <= reach; dy = dy > 0 ? -dy : 1 - dy) {
            for (int dx = 0; dx <= reach; dx = dx > 0 ? -dx : 1 - dx) {
                int cost = cost(dx, dy, reach, span, rows, least);
                if (cost < least) {
                    least = cost;
                    bestRight = dx;
                    bestDown = dy;
                }
            }
        }
        lastRight = bestRight;
        lastDown = bestDown;
        right[row * columns + column] = bestRight;
        down[row * columns + column] = bestDown;
        int best = (bestRight + reach) * span + bestDown + reach;
        for (int y = 0; y < rows; y++) {
            moved.words()[(from + y) * columns + column] = shifted[best + y];
        }
    }

    /** Pixels that differ under a shift, and its penalty; stops once it is not below a limit. */
    private int cost(int dx, int dy, int reach, int span, int rows, int limit) {
        int cost = (Math.abs(dx) + Math.abs(dy)) * PENALTY;
        int at = (dx + reach) * span + dy + reach;
        for (int y = 0; y < rows && cost < limit; y += CHUNK) {
            int end = Math.min(rows, y + CHUNK);
            for (int i = y; i < end; i++) {
                cost += Long.bitCount(cell[i] ^ shifted[at + i]);
            }
        }
        return cost;
    }
}
