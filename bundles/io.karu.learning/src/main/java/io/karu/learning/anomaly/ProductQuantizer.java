package io.karu.learning.anomaly;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Writes a vector as one byte per part: the number of the nearest of {@value #CENTRES} centres of
 * that part (Jégou, Douze and Schmid, TPAMI 2011). Immutable.
 */
public final class ProductQuantizer {
    /** Centres per part: what a byte can name. */
    public static final int CENTRES = 256;

    private static final int ITERATIONS = 12;
    private static final int MOST_TRAINED_ON = 20_000;

    private final int parts;
    private final int partDimension;
    private final float[][] centres;

    private ProductQuantizer(int parts, int partDimension, float[][] centres) {
        this.parts = parts;
        this.partDimension = partDimension;
        this.centres = centres;
    }

    /**
     * Finds the centres by k-means.
     *
     * @param parts must divide the vectors' dimension
     * @param seed of the first centres; the same seed gives the same centres
     */
    public static ProductQuantizer train(Features features, int parts, long seed) {
        if (parts < 1 || features.dimension() % parts != 0) {
            throw new IllegalArgumentException(
                    parts + " parts do not divide " + features.dimension() + " dimensions");
        }
        if (features.count() < 1) {
            throw new IllegalArgumentException("no vectors to find centres in");
        }
        int size = features.dimension() / parts;
        SplittableRandom random = new SplittableRandom(seed);
        int[] rows = sample(features.count(), random);
        float[][] centres = new float[parts][];
        for (int part = 0; part < parts; part++) {
            centres[part] = cluster(features, rows, part * size, size, random);
        }
        return new ProductQuantizer(parts, size, centres);
    }

    /** Bytes of a written vector. */
    public int parts() {
        return parts;
    }

    /** Dimension of the vectors it takes. */
    public int dimension() {
        return parts * partDimension;
    }

    /** Bytes of the centres. */
    public long bytes() {
        return bytesFor(dimension());
    }

    static long bytesFor(int dimension) {
        return (long) CENTRES * dimension * Float.BYTES;
    }

    /** Centres of a part, {@code [}{@value #CENTRES}{@code , dimension / parts]}; a copy. */
    public float[] centres(int part) {
        return centres[part].clone();
    }

    /** Writes a vector. */
    public byte[] encode(float[] vector) {
        if (vector.length != dimension()) {
            throw new IllegalArgumentException(
                    "vector of " + vector.length + " numbers, " + dimension() + " are needed");
        }
        byte[] code = new byte[parts];
        for (int part = 0; part < parts; part++) {
            code[part] = (byte) nearest(centres[part], partDimension, vector, part * partDimension);
        }
        return code;
    }

    /** The vector that a code stands for. */
    public float[] decode(byte[] code) {
        float[] vector = new float[dimension()];
        for (int part = 0; part < parts; part++) {
            System.arraycopy(
                    centres[part],
                    (code[part] & 0xff) * partDimension,
                    vector,
                    part * partDimension,
                    partDimension);
        }
        return vector;
    }

    private static int[] sample(int count, SplittableRandom random) {
        int[] rows = new int[count];
        Arrays.setAll(rows, i -> i);
        int wanted = Math.min(count, MOST_TRAINED_ON);
        for (int i = 0; i < wanted; i++) {
            int other = i + random.nextInt(count - i);
            int row = rows[i];
            rows[i] = rows[other];
            rows[other] = row;
        }
        return Arrays.copyOf(rows, wanted);
    }

    private static float[] cluster(
            Features features, int[] rows, int start, int size, SplittableRandom random) {
        float[] points = new float[rows.length * size];
        for (int i = 0; i < rows.length; i++) {
            for (int d = 0; d < size; d++) {
                points[i * size + d] = features.at(rows[i], start + d);
            }
        }
        float[] centres = new float[CENTRES * size];
        for (int c = 0; c < CENTRES; c++) {
            int from = c < rows.length ? c : random.nextInt(rows.length);
            System.arraycopy(points, from * size, centres, c * size, size);
        }
        double[] sums = new double[CENTRES * size];
        int[] members = new int[CENTRES];
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            Arrays.fill(sums, 0);
            Arrays.fill(members, 0);
            for (int i = 0; i < rows.length; i++) {
                int c = nearest(centres, size, points, i * size);
                members[c]++;
                for (int d = 0; d < size; d++) {
                    sums[c * size + d] += points[i * size + d];
                }
            }
            for (int c = 0; c < CENTRES; c++) {
                if (members[c] == 0) {
                    System.arraycopy(
                            points, random.nextInt(rows.length) * size, centres, c * size, size);
                    continue;
                }
                for (int d = 0; d < size; d++) {
                    centres[c * size + d] = (float) (sums[c * size + d] / members[c]);
                }
            }
        }
        return centres;
    }

    private static int nearest(float[] centres, int size, float[] vector, int offset) {
        int best = 0;
        float least = Float.POSITIVE_INFINITY;
        for (int c = 0; c < CENTRES; c++) {
            float distance = 0;
            for (int d = 0; d < size; d++) {
                float difference = centres[c * size + d] - vector[offset + d];
                distance += difference * difference;
            }
            if (distance < least) {
                least = distance;
                best = c;
            }
        }
        return best;
    }
}
