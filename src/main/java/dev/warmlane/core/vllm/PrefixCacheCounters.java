package dev.warmlane.core.vllm;

import org.jspecify.annotations.Nullable;

/**
 * How much of the prompts a prefix cache was asked for and how much of that it held, in tokens. Immutable.
 *
 * @param queriedTokens prompt tokens looked up
 * @param hitTokens those found
 */
public record PrefixCacheCounters(long queriedTokens, long hitTokens) {

    /** Nothing asked, nothing found. */
    public static final PrefixCacheCounters NONE = new PrefixCacheCounters(0, 0);

    /** Both counts of the two together. */
    public PrefixCacheCounters plus(PrefixCacheCounters other) {
        return new PrefixCacheCounters(queriedTokens + other.queriedTokens, hitTokens + other.hitTokens);
    }

    /**
     * What was counted after {@code earlier}. Where either count is lower than it was, the server has restarted and
     * counts from zero, so that everything in these counters came after.
     */
    public PrefixCacheCounters since(PrefixCacheCounters earlier) {
        boolean restarted = queriedTokens < earlier.queriedTokens || hitTokens < earlier.hitTokens;
        return restarted
                ? this
                : new PrefixCacheCounters(queriedTokens - earlier.queriedTokens, hitTokens - earlier.hitTokens);
    }

    /** Share of the queried tokens that were found, in [0, 1]; null over no queries. */
    public @Nullable Double hitRatio() {
        return queriedTokens == 0 ? null : (double) hitTokens / queriedTokens;
    }
}
