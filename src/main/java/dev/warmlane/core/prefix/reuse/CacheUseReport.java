package dev.warmlane.core.prefix.reuse;

/**
 * What is known of a pool's traffic and caches over some time, in which what is older counts less. Immutable.
 *
 * @param curve what one LRU cache would hit, by its size
 * @param splitCurve what the endpoints' own would together, by their size together, as requests are routed: where a block was
 *     held elsewhere, the request is sent where it was sent; where it was held no longer, it goes to who had it last
 * @param capacityTokens what all caches hold together for the traffic that is known; 0 if that is not known
 * @param trafficShare the part of the engines' requests that is known, in (0, 1]: that of this replica and those that tell it
 * @param requests that it rests on
 * @param promptTokensPerSecond that come
 * @param answeredTokens prompt tokens of requests whose engine said how many were cached
 * @param predictedTokens of those that were predicted to be; where the policy predicts nothing, those that were
 * @param deliveredTokens of those that were
 * @param turns prompts that were compared with the last one of their session
 * @param differingBlock the block, from 1, in which most of those that differ do so first; from the eighth on only some are
 *     compared, and it is the first of these that differs
 * @param differingShare of the turns that differ there first
 */
public record CacheUseReport(
        HitRatioCurve curve,
        HitRatioCurve splitCurve,
        double capacityTokens,
        double trafficShare,
        double requests,
        double promptTokensPerSecond,
        long answeredTokens,
        long predictedTokens,
        long deliveredTokens,
        long turns,
        int differingBlock,
        double differingShare) {
    /**
     * What share of all prompt tokens a cache would hit, by its size: sixteen buckets for each doubling, up to 2^40 tokens.
     * Immutable.
     */
    public static final class HitRatioCurve {
        private static final int SUB_BITS = 4;
        private static final int SHIFT = 23 - SUB_BITS;
        private static final int FIRST = Float.floatToRawIntBits(1) >>> SHIFT;
        static final int BUCKETS = 40 << SUB_BITS;

        private final double[] ratios;
        private final double infinite;

        /** @param ratios at the beginning of each bucket, and behind the last */
        HitRatioCurve(double[] ratios, double infinite) {
            this.ratios = ratios;
            this.infinite = infinite;
        }

        /** The hit ratio of a cache that holds so many tokens, in [0, 1]. */
        public double hitRatio(double tokens) {
            if (tokens < 1) {
                return 0;
            }
            int bucket = bucket(tokens);
            double begin = from(bucket);
            double part = Math.min(1, (tokens - begin) / (from(bucket + 1) - begin));
            return ratios[bucket] + part * (ratios[bucket + 1] - ratios[bucket]);
        }

        /** That of a cache that forgets nothing. */
        public double infiniteHitRatio() {
            return infinite;
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
}
