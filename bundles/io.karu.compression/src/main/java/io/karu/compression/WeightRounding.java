package io.karu.compression;

import io.karu.api.inference.InferenceException;

/** How weights become whole numbers. */
interface WeightRounding {
    /** To the nearest whole number. */
    WeightRounding NEAREST =
            (node, weights, steps, limit) -> {
                byte[][] rows = new byte[weights.channels()][weights.columns()];
                for (int c = 0; c < rows.length; c++) {
                    for (int i = 0; i < rows[c].length; i++) {
                        rows[c][i] = clip(Math.rint(weights.get(c, i) / steps[c]), limit);
                    }
                }
                return rows;
            };

    /**
     * Rounds the weights of a node.
     *
     * @param steps scale of each output channel
     * @param limit largest magnitude of a rounded weight
     * @return one row per output channel
     */
    byte[][] round(String node, WeightMatrix weights, float[] steps, int limit)
            throws InferenceException;

    /** A whole number within the limit. */
    static byte clip(double value, int limit) {
        return (byte) Math.max(-limit, Math.min(limit, value));
    }
}
