package io.karu.compression;

/**
 * The values of a tensor that quantization keeps; what lies outside is clipped.
 *
 * @param low smallest value kept, at most 0: zero is always representable
 * @param high largest value kept, at least 0
 */
public record Range(float low, float high) {
    public Range {
        if (!(low <= 0 && high >= 0) || Float.isInfinite(low) || Float.isInfinite(high)) {
            throw new IllegalArgumentException(
                    "a range holds zero and is finite, was " + low + " to " + high);
        }
    }

    /** The smallest range that holds both values and zero. */
    public static Range holding(float low, float high) {
        return new Range(Math.min(0, low) + 0f, Math.max(0, high) + 0f);
    }

    /** The smallest range that holds this and the other. */
    public Range with(Range other) {
        return new Range(Math.min(low, other.low), Math.max(high, other.high));
    }

    /** The larger distance from zero. */
    public float magnitude() {
        return Math.max(-low, high);
    }
}
