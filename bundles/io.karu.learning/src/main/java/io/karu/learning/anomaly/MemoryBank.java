package io.karu.learning.anomaly;

import java.util.Arrays;

/**
 * Remembers what good patches look like, within a byte budget, and tells how far a patch is from
 * the nearest of them. Immutable; {@link #nearest} is thread-safe.
 *
 * <p>Two forms of storage: FLOAT keeps the vectors of a greedy coreset as they are; CODES keeps
 * many more of them, each as {@link ProductQuantizer#parts} bytes. Distances are exact to what is
 * stored, relative to each vector's {@linkplain #spaced spacing}: where good patches lie apart from
 * each other, another one may too.
 */
public final class MemoryBank {
    private static final int BLOCK = 512;

    /** Of a vector's neighbours, whose distance says how far apart good patches lie around it. */
    private static final int NEIGHBOUR = 5;

    /** How much of that distance counts: 0 none, 1 all. */
    private static final double SPACING = 0.5;

    private final Features vectors;
    private final byte[][] codes;
    private final ProductQuantizer quantizer;
    private final float[][] blocks;
    private final float[][] squares;
    private final int[] origins;
    private final float[] spacing;
    private final float[] weights;

    /**
     * A patch's nearest neighbour.
     *
     * @param row in {@link MemoryBank#vectors}
     * @param distance Euclidean, relative to the row's spacing
     */
    public record Neighbour(int row, float distance) {}

    /**
     * How much a bank may remember and how.
     *
     * @param bytes for vectors, or for codes and centres together
     * @param parts bytes of a code; 0 stores vectors as floats
     * @param coreset chooses what is remembered
     */
    public record Budget(long bytes, int parts, GreedyCoreset coreset) {
        /** Vectors as floats. */
        public static Budget floats(long bytes, long seed) {
            return new Budget(bytes, 0, new GreedyCoreset(32, seed));
        }

        /** Vectors as codes of {@code parts} bytes. */
        public static Budget codes(long bytes, int parts, long seed) {
            return new Budget(bytes, parts, new GreedyCoreset(32, seed));
        }

        public Budget {
            if (parts < 0) {
                throw new IllegalArgumentException("parts must not be negative, was " + parts);
            }
        }

        /** One of so many equal shares. */
        Budget share(int count) {
            return new Budget(bytes / count, parts, coreset);
        }

        /** How many vectors of that dimension fit. IllegalArgumentException when none does. */
        public int vectors(int dimension) {
            long each = (parts == 0 ? (long) dimension * Float.BYTES : parts) + Float.BYTES;
            long rest = parts == 0 ? bytes : bytes - ProductQuantizer.bytesFor(dimension);
            if (rest < each) {
                throw new IllegalArgumentException(
                        "a budget of "
                                + bytes
                                + " bytes holds no vector of "
                                + dimension
                                + " numbers"
                                + (parts == 0 ? "" : " beside the centres of its codes"));
            }
            return (int) Math.min(Integer.MAX_VALUE, rest / each);
        }
    }

    private MemoryBank(
            Features vectors,
            int[] origins,
            byte[][] codes,
            ProductQuantizer quantizer,
            float[] spacing) {
        this.origins = origins;
        this.spacing = spacing;
        this.weights = new float[spacing.length];
        for (int row = 0; row < spacing.length; row++) {
            weights[row] = 1 / (spacing[row] * spacing[row]);
        }
        this.vectors = vectors;
        this.codes = codes;
        this.quantizer = quantizer;
        int count = vectors.count();
        blocks = new float[(count + BLOCK - 1) / BLOCK][];
        squares = new float[blocks.length][];
        for (int b = 0; b < blocks.length; b++) {
            int rows = Math.min(count, (b + 1) * BLOCK) - b * BLOCK;
            blocks[b] = vectors.columns(b * BLOCK, b * BLOCK + rows);
            squares[b] = new float[rows];
            for (int i = 0; i < blocks[b].length; i++) {
                squares[b][i % rows] += blocks[b][i] * blocks[b][i];
            }
        }
    }

    /** Remembers as many of the good vectors as the budget holds. */
    public static MemoryBank remember(Features good, Budget budget) {
        return keep(good, budget.coreset().select(good, budget.vectors(good.dimension())), budget);
    }

    /**
     * Remembers the good vectors chosen.
     *
     * @param chosen rows, at most as many as the budget holds
     */
    public static MemoryBank keep(Features good, int[] chosen, Budget budget) {
        if (chosen.length > budget.vectors(good.dimension())) {
            throw new IllegalArgumentException(
                    chosen.length + " vectors do not fit a budget of " + budget.bytes() + " bytes");
        }
        Features kept = good.select(chosen);
        if (budget.parts() == 0) {
            return new MemoryBank(kept, chosen, null, null, ones(kept.count()));
        }
        ProductQuantizer quantizer =
                ProductQuantizer.train(good, budget.parts(), budget.coreset().seed());
        byte[][] codes = new byte[kept.count()][];
        Features decoded = new Features(kept.dimension());
        for (int row = 0; row < codes.length; row++) {
            codes[row] = quantizer.encode(kept.row(row));
            decoded.add(quantizer.decode(codes[row]), 0);
        }
        return new MemoryBank(decoded, chosen, codes, quantizer, ones(decoded.count()));
    }

    private static float[] ones(int count) {
        float[] ones = new float[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    /**
     * The same memory, whose distances are relative to how far apart good patches of different
     * parts lie around each remembered one: the square root of the distance to the {@value
     * #NEIGHBOUR}th of another part, 1 on average.
     *
     * @param parts of which part each row is
     */
    public MemoryBank spaced(int[] parts) {
        float[] apart = new float[count()];
        double sum = 0;
        int known = 0;
        for (int row = 0; row < apart.length; row++) {
            apart[row] = (float) Math.pow(neighbour(row, parts), SPACING);
            if (apart[row] > 0 && !Float.isInfinite(apart[row])) {
                sum += apart[row];
                known++;
            }
        }
        for (int row = 0; row < apart.length; row++) {
            boolean usable = apart[row] > 0 && !Float.isInfinite(apart[row]);
            apart[row] = usable ? (float) (apart[row] * known / sum) : 1;
        }
        return new MemoryBank(vectors, origins, codes, quantizer, apart);
    }

    private double neighbour(int row, int[] parts) {
        float[] vector = vectors.row(row);
        float[] nearest = new float[NEIGHBOUR];
        Arrays.fill(nearest, Float.POSITIVE_INFINITY);
        float[] products = new float[BLOCK];
        float own = 0;
        for (float value : vector) {
            own += value * value;
        }
        for (int b = 0; b < blocks.length; b++) {
            products(b, vector, 0, products);
            for (int i = 0; i < squares[b].length; i++) {
                int other = b * BLOCK + i;
                float distance = own + products[i];
                if (distance < nearest[NEIGHBOUR - 1] && parts[other] != parts[row]) {
                    int at = NEIGHBOUR - 1;
                    for (; at > 0 && nearest[at - 1] > distance; at--) {
                        nearest[at] = nearest[at - 1];
                    }
                    nearest[at] = distance;
                }
            }
        }
        return Math.sqrt(Math.max(0, nearest[NEIGHBOUR - 1]));
    }

    /** |b|² − 2 q·b for the rows of a block. */
    private void products(int b, float[] query, int offset, float[] into) {
        int rows = squares[b].length;
        System.arraycopy(squares[b], 0, into, 0, rows);
        for (int d = 0; d < dimension(); d++) {
            float factor = -2 * query[offset + d];
            float[] block = blocks[b];
            int start = d * rows;
            for (int i = 0; i < rows; i++) {
                into[i] += factor * block[start + i];
            }
        }
    }

    /** Bytes of what is remembered, as the budget counts them. */
    public long bytes() {
        long spacings = (long) count() * Float.BYTES;
        return spacings
                + (quantizer == null
                        ? (long) vectors.count() * vectors.dimension() * Float.BYTES
                        : quantizer.bytes() + (long) codes.length * quantizer.parts());
    }

    /** How many vectors are remembered. */
    public int count() {
        return vectors.count();
    }

    /** Numbers in a vector. */
    public int dimension() {
        return vectors.dimension();
    }

    /** The vector of a row, decoded when codes are stored; a copy. */
    public float[] vector(int row) {
        return vectors.row(row);
    }

    /** Which of the good vectors given to {@link #remember} a row is. */
    public int origin(int row) {
        return origins[row];
    }

    /** What a squared distance to a row is multiplied by: one over its spacing, squared. */
    float weight(int row) {
        return weights[row];
    }

    /** The quantizer; null when floats are stored. */
    ProductQuantizer quantizer() {
        return quantizer;
    }

    /** The code of a row. */
    byte[] code(int row) {
        return codes[row];
    }

    /** All vectors, row by row. */
    float[] values() {
        return vectors.toArray();
    }

    /** Nearest neighbour of the vector that begins at {@code offset}. */
    public Neighbour nearest(float[] query, int offset) {
        return nearest(query, offset, null, 0);
    }

    /**
     * Nearest neighbour among the rows of other groups: how far a part is that was never seen.
     *
     * @param groups of the rows; null compares with all
     * @param left the group that is left out
     * @return row −1 at infinite distance when no row is of another group
     */
    public Neighbour nearest(float[] query, int offset, int[] groups, int left) {
        float[] distance = new float[BLOCK];
        float own = 0;
        for (int d = 0; d < dimension(); d++) {
            own += query[offset + d] * query[offset + d];
        }
        float least = Float.POSITIVE_INFINITY;
        int row = -1;
        for (int b = 0; b < blocks.length; b++) {
            products(b, query, offset, distance);
            for (int i = 0; i < squares[b].length; i++) {
                int at = b * BLOCK + i;
                float relative = (own + distance[i]) * weights[at];
                if (relative < least && (groups == null || groups[at] != left)) {
                    least = relative;
                    row = at;
                }
            }
        }
        if (row < 0) {
            return new Neighbour(row, Float.POSITIVE_INFINITY);
        }
        // The sum above cancels badly close to 0: the winner's distance is taken anew.
        double sum = 0;
        float[] nearest = vectors.row(row);
        for (int d = 0; d < dimension(); d++) {
            double difference = (double) query[offset + d] - nearest[d];
            sum += difference * difference;
        }
        return new Neighbour(row, (float) (Math.sqrt(sum) / spacing[row]));
    }

    /** Distances of vectors that lie one after the other. */
    public float[] distances(float[] queries) {
        if (queries.length % dimension() != 0) {
            throw new IllegalArgumentException(
                    queries.length + " numbers are no vectors of " + dimension());
        }
        float[] distances = new float[queries.length / dimension()];
        for (int i = 0; i < distances.length; i++) {
            distances[i] = nearest(queries, i * dimension()).distance();
        }
        return distances;
    }
}
