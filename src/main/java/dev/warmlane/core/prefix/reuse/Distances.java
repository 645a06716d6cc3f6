package dev.warmlane.core.prefix.reuse;

/**
 * Prompt tokens by how much cache it takes that they are hits: sixteen buckets for each doubling, up to 2^40 tokens. Not
 * thread-safe.
 */
final class Distances {
    private static final int SUB_BITS = 4;
    private static final int SHIFT = 23 - SUB_BITS;
    private static final int FIRST = Float.floatToRawIntBits(1) >>> SHIFT;
    private static final int BUCKETS = 40 << SUB_BITS;

    private final double[] hits = new double[BUCKETS];
    private double sampled;
    private double far;

    /** A sample that stands for so many tokens, whatever becomes of it. */
    void sampled(double tokens) {
        sampled += tokens;
    }

    /** Those are hits in a cache that holds more tokens than this. */
    void hit(double distance, double tokens) {
        hits[bucket(distance)] += tokens;
    }

    /** Those have come before, so long ago that nothing is known of the distance. */
    void far(double tokens) {
        far += tokens;
    }

    /**
     * What a cache hits, by its size.
     *
     * @param blockTokens of all blocks that could have been hits
     * @param promptTokens all there are
     */
    HitRatioCurve curve(double blockTokens, double promptTokens) {
        double[] ratios = new double[BUCKETS + 1];
        // Blocks that come very often are in the sample or they are not: what is missing, or too much, are short
        // distances.
        double tokens = blockTokens - sampled;
        for (int i = 0; i < BUCKETS; i++) {
            ratios[i] = ratio(tokens, promptTokens);
            tokens += hits[i];
        }
        ratios[BUCKETS] = ratio(tokens, promptTokens);
        return new HitRatioCurve(ratios, ratio(tokens + far, promptTokens));
    }

    void scale(double down) {
        for (int i = 0; i < BUCKETS; i++) {
            hits[i] /= down;
        }
        sampled /= down;
        far /= down;
    }

    private static double ratio(double part, double whole) {
        return whole == 0 ? 0 : Math.max(0, Math.min(1, part / whole));
    }

    static int bucket(double tokens) {
        int bits = Float.floatToRawIntBits((float) Math.max(1, tokens)) >>> SHIFT;
        return Math.min(BUCKETS - 1, bits - FIRST);
    }

    /** The fewest tokens of a bucket. */
    static double from(int bucket) {
        return Float.intBitsToFloat((bucket + FIRST) << SHIFT);
    }
}
