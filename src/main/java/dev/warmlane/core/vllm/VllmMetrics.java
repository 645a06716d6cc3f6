package dev.warmlane.core.vllm;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad;
import dev.warmlane.core.endpoint.Endpoint.EndpointLoad.EndpointAdapters;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one vLLM server says in its metrics, its engines taken together. Every part is null where the server does not say
 * it. Immutable.
 *
 * @param load gauges and cache configuration
 * @param prefixCache prefix cache counters since the server started
 * @param preemptions requests put back for want of KV blocks since the server started
 * @param promptTokens prompt tokens processed since the server started
 * @param generationTokens tokens generated since the server started
 * @param rejections requests refused because its queue was full since the server started
 * @param asleep whether all of its engines sleep; false where it does not say
 * @param startSeconds Unix time at which its process began
 * @param adapters its LoRA adapters; null where it has none, or has not used any yet
 * @param ranks the same of each of its engines where there are several, in the order of their numbers: data-parallel ranks; what
 *     concerns the server as a whole, and is no count, says the same in each
 */
public record VllmMetrics(
        EndpointLoad load,
        @Nullable PrefixCacheCounters prefixCache,
        @Nullable Long preemptions,
        @Nullable Long promptTokens,
        @Nullable Long generationTokens,
        @Nullable Long rejections,
        boolean asleep,
        @Nullable Double startSeconds,
        @Nullable EndpointAdapters adapters,
        List<VllmMetrics> ranks) {

    public VllmMetrics {
        ranks = List.copyOf(ranks);
    }

    /** Of one engine. */
    public VllmMetrics(
            EndpointLoad load,
            @Nullable PrefixCacheCounters prefixCache,
            @Nullable Long preemptions,
            @Nullable Long promptTokens,
            @Nullable Long generationTokens,
            @Nullable Long rejections,
            boolean asleep) {
        this(load, prefixCache, preemptions, promptTokens, generationTokens, rejections, asleep, null, null, List.of());
    }

    /**
     * Whether this is said by another process than the earlier metrics: by one that began later or, where they do not say when, counts from
     * zero again.
     */
    public boolean isOfAnotherProcess(VllmMetrics earlier) {
        Double began = earlier.startSeconds;
        if (began != null && startSeconds != null) {
            return startSeconds > began;
        }
        PrefixCacheCounters before = earlier.prefixCache;
        return wentBack(promptTokens, earlier.promptTokens)
                || wentBack(generationTokens, earlier.generationTokens)
                || (prefixCache != null && before != null && prefixCache.queriedTokens < before.queriedTokens);
    }

    private static boolean wentBack(@Nullable Long now, @Nullable Long earlier) {
        return now != null && earlier != null && now < earlier;
    }

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
}
