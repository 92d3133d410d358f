package io.karu.vision.pair;

import io.karu.vision.GrayImage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A binary image of 64 pixels a word, rows padded with zeros to whole words, the leftmost pixel in
 * the lowest bit. Grows to the largest image it has held and then allocates nothing. Not
 * thread-safe.
 */
final class BitPlane {
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long TOP_BITS = 0x8080808080808080L;

    /** Moves bit 8i + 7 of a word to bit 56 + i. */
    private static final long GATHER = 0x0002040810204081L;

    private long[] words = new long[0];
    private int width;
    private int height;
    private int stride;

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** Words per row. */
    int stride() {
        return stride;
    }

    /** Rows of {@link #stride()} words; only the first {@code stride × height} are meant. */
    long[] words() {
        return words;
    }

    boolean at(int x, int y) {
        return (words[y * stride + (x >> 6)] >>> x & 1) != 0;
    }

    /** Takes the pixels of 128 and more as set. */
    void bright(GrayImage image) {
        size(image.width(), image.height());
        byte[] pixels = image.pixels();
        for (int y = 0; y < height; y++) {
            int from = y * width;
            int to = y * stride;
            for (int x = 0; x < width; x += 64) {
                long word = 0;
                int whole = Math.min(64, width - x) & ~7;
                for (int i = 0; i < whole; i += 8) {
                    long eight = (long) LONGS.get(pixels, from + x + i) & TOP_BITS;
                    word |= (eight * GATHER >>> 56) << i;
                }
                for (int i = whole; i < 64 && x + i < width; i++) {
                    word |= (long) (pixels[from + x + i] >>> 7 & 1) << i;
                }
                words[to++] = word;
            }
        }
    }

    /** Takes what differs between two planes of one size. */
    void differing(BitPlane a, BitPlane b) {
        size(a.width, a.height);
        for (int i = stride * height - 1; i >= 0; i--) {
            words[i] = a.words[i] ^ b.words[i];
        }
    }

    /** Takes what is set in the first but not in the second. */
    void without(BitPlane a, BitPlane b) {
        size(a.width, a.height);
        for (int i = stride * height - 1; i >= 0; i--) {
            words[i] = a.words[i] & ~b.words[i];
        }
    }

    /** Adds what is set in the other plane of the same size. */
    void add(BitPlane other) {
        for (int i = stride * height - 1; i >= 0; i--) {
            words[i] |= other.words[i];
        }
    }

    /**
     * Erosion by a rectangle: set where all of the pixels from {@code before} left and above to
     * {@code after} right and below are set. Outside the image counts as not set.
     */
    void eroded(BitPlane of, int before, int after, BitPlane scratch) {
        scratch.across(of, before, after, true);
        down(scratch, before, after, true);
    }

    /** Dilation by a rectangle: set where any of the pixels of the reach is set. */
    void dilated(BitPlane of, int before, int after, BitPlane scratch) {
        scratch.across(of, before, after, false);
        down(scratch, before, after, false);
        trim();
    }

    private void across(BitPlane of, int before, int after, boolean all) {
        size(of.width, of.height);
        for (int y = 0; y < height; y++) {
            int row = y * stride;
            for (int i = 0; i < stride; i++) {
                long here = of.words[row + i];
                long left = i > 0 ? of.words[row + i - 1] : 0;
                long right = i + 1 < stride ? of.words[row + i + 1] : 0;
                long word = here;
                for (int n = 1; n <= before; n++) {
                    long moved = here << n | left >>> 64 - n;
                    word = all ? word & moved : word | moved;
                }
                for (int n = 1; n <= after; n++) {
                    long moved = here >>> n | right << 64 - n;
                    word = all ? word & moved : word | moved;
                }
                words[row + i] = word;
            }
        }
    }

    private void down(BitPlane of, int before, int after, boolean all) {
        size(of.width, of.height);
        for (int y = 0; y < height; y++) {
            int row = y * stride;
            System.arraycopy(of.words, row, words, row, stride);
            for (int n = -before; n <= after; n++) {
                int other = y + n;
                boolean inside = other >= 0 && other < height;
                for (int i = 0; i < stride && (all || inside); i++) {
                    long moved = inside ? of.words[other * stride + i] : 0;
                    words[row + i] = all ? words[row + i] & moved : words[row + i] | moved;
                }
            }
        }
    }

    /**
     * The word at a column of words, moved left by up to 63 pixels (right where negative). Beyond
     * the edges the nearest pixel is repeated.
     */
    long word(int column, int y, int by) {
        int row = Math.max(0, Math.min(height - 1, y)) * stride;
        long here = padded(row, column);
        if (by == 0) {
            return here;
        }
        if (by > 0) {
            long next = column + 1 < stride ? padded(row, column + 1) : here >> 63;
            return here >>> by | next << 64 - by;
        }
        long last = column > 0 ? words[row + column - 1] : -(here & 1);
        return here << -by | last >>> 64 + by;
    }

    /** A word whose padding repeats the last pixel of the row. */
    private long padded(int row, int column) {
        long word = words[row + column];
        int inside = width & 63;
        if (inside != 0 && column == stride - 1 && (word >>> inside - 1 & 1) != 0) {
            word |= -1L << inside;
        }
        return word;
    }

    /** Clears what a shift moved into the padding. */
    void trim() {
        if ((width & 63) != 0) {
            long inside = -1L >>> 64 - (width & 63);
            for (int y = 0; y < height; y++) {
                words[y * stride + stride - 1] &= inside;
            }
        }
    }

    void size(int newWidth, int newHeight) {
        width = newWidth;
        height = newHeight;
        stride = newWidth + 63 >> 6;
        if (words.length < stride * newHeight) {
            words = new long[stride * newHeight];
        }
    }
}
