package io.karu.vision.pair;

import io.karu.vision.GrayImage;
import java.util.Arrays;

/**
 * Places where an image may be defective: the template is moved onto it cell by cell, both are cut
 * at half brightness, and what differs is opened with squares of several sizes; each connected
 * remainder is a candidate. Integer arithmetic on 64 pixels at a time; no allocation once it has
 * seen the largest frame. Not thread-safe.
 */
public final class PairCandidates {
    private final PairSettings settings;
    private final BitPlane image = new BitPlane();
    private final BitPlane template = new BitPlane();
    private final BitPlane moved = new BitPlane();
    private final BitPlane differing = new BitPlane();
    private final BitPlane eroded = new BitPlane();
    private final BitPlane opened = new BitPlane();
    private final BitPlane scratch = new BitPlane();
    private final CellRegistration registration = new CellRegistration();
    private final Blobs blobs = new Blobs();
    private int[] x = new int[64];
    private int[] y = new int[64];
    private int[] size = new int[64];
    private int count;
    private boolean more;

    public PairCandidates(PairSettings settings) {
        this.settings = settings;
    }

    /**
     * Finds the candidates of a pair.
     *
     * @return how many
     * @throws IllegalArgumentException when the images differ in size
     */
    public int find(GrayImage test, GrayImage reference) {
        if (test.width() != reference.width() || test.height() != reference.height()) {
            throw new IllegalArgumentException(
                    "the image is "
                            + test.width()
                            + "x"
                            + test.height()
                            + ", its template "
                            + reference.width()
                            + "x"
                            + reference.height());
        }
        image.bright(test);
        template.bright(reference);
        registration.register(image, template, settings.reach(), moved);
        differing.differing(image, moved);
        count = 0;
        more = false;
        for (int side = settings.largestOpening(); side >= settings.smallestOpening(); side--) {
            collect(side);
        }
        return count;
    }

    /** Whether there were more candidates than the settings allow; the smallest were left out. */
    public boolean more() {
        return more;
    }

    /** Column of the candidate's centre. */
    public int x(int candidate) {
        return x[candidate];
    }

    /** Row of the candidate's centre. */
    public int y(int candidate) {
        return y[candidate];
    }

    /** Longer side of the candidate's bounding box in pixels. */
    public int size(int candidate) {
        return size[candidate];
    }

    /** What to add to a column of the image to meet the template's, near a candidate. */
    public int right(int candidate) {
        return registration.right(x[candidate], y[candidate]);
    }

    /** What to add to a row of the image to meet the template's, near a candidate. */
    public int down(int candidate) {
        return registration.down(x[candidate], y[candidate]);
    }

    /** What to add to a column of the image to meet the template's, anywhere. */
    public int rightAt(int column, int row) {
        return registration.right(column, row);
    }

    /** What to add to a row of the image to meet the template's, anywhere. */
    public int downAt(int column, int row) {
        return registration.down(column, row);
    }

    private void collect(int side) {
        int before = side / 2;
        int after = side - 1 - before;
        eroded.eroded(differing, before, after, scratch);
        opened.dilated(eroded, after, before, scratch);
        int found = blobs.find(opened);
        for (int i = 0; i < found; i++) {
            int longer = Math.max(blobs.right(i) - blobs.left(i), blobs.bottom(i) - blobs.top(i));
            int centreX = (blobs.left(i) + blobs.right(i)) / 2;
            int centreY = (blobs.top(i) + blobs.bottom(i)) / 2;
            if (longer >= settings.leastSize() && stands(centreX, centreY)) {
                if (count == settings.most()) {
                    more = true;
                    return;
                }
                add(centreX, centreY, longer);
            }
        }
    }

    private boolean stands(int centreX, int centreY) {
        for (int i = 0; i < count; i++) {
            if (Math.abs(x[i] - centreX) <= settings.apart()
                    && Math.abs(y[i] - centreY) <= settings.apart()) {
                return false;
            }
        }
        return true;
    }

    private void add(int centreX, int centreY, int longer) {
        if (count == x.length) {
            x = Arrays.copyOf(x, count * 2);
            y = Arrays.copyOf(y, count * 2);
            size = Arrays.copyOf(size, count * 2);
        }
        x[count] = centreX;
        y[count] = centreY;
        size[count++] = longer;
    }
}
