package dev.warmlane.core.vllm;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad;
import dev.warmlane.core.endpoint.Endpoint.EndpointLoad.EndpointAdapters;
import java.util.Arrays;
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

    /** The metric families that are read, among the many that vLLM exposes. Those named GPU stand in for their successors. */
    enum MetricFamily {
        RUNNING("num_requests_running"),
        WAITING("num_requests_waiting"),
        KV_CACHE_USAGE("kv_cache_usage_perc"),
        GPU_CACHE_USAGE("gpu_cache_usage_perc"),
        PREFIX_CACHE_QUERIES("prefix_cache_queries_total"),
        GPU_PREFIX_CACHE_QUERIES("gpu_prefix_cache_queries_total"),
        PREFIX_CACHE_HITS("prefix_cache_hits_total"),
        GPU_PREFIX_CACHE_HITS("gpu_prefix_cache_hits_total"),
        PREEMPTIONS("num_preemptions_total"),
        PROMPT_TOKENS("prompt_tokens_total"),
        GENERATION_TOKENS("generation_tokens_total"),
        ADMISSION_REJECTIONS("admission_rejections_total"),
        SLEEP_STATE("engine_sleep_state"),
        CACHE_CONFIG("cache_config_info"),
        LORA_REQUESTS("lora_requests_info"),
        /** Of every process in Python, so that alone it tells nothing of vLLM. */
        PROCESS_START("");

        /** Tokens that no engine computes in its life. Sums over all endpoints of a pool are far from where numbers overflow. */
        static final double MOST = 1e15;

        /** Requests that no engine has at a time. */
        private static final double MOST_REQUESTS = 1e6;

        private static final MetricFamily[] ALL = values();

        /** The words that their names begin with, for {@link PrometheusText}. */
        static final long[] BEGINNINGS = Arrays.stream(ALL)
                .mapToLong(family -> PrometheusText.beginning(family.sampleName))
                .distinct()
                .toArray();

        private final String sampleName;

        MetricFamily(String suffix) {
            sampleName = suffix.isEmpty() ? "process_start_time_seconds" : "vllm:" + suffix;
        }

        /** The family of the sample under the cursor, or null if it is none of these. */
        static @Nullable MetricFamily of(PrometheusText sample) {
            for (MetricFamily family : ALL) {
                if (sample.isNamed(family.sampleName)) {
                    return family;
                }
            }
            return null;
        }

        /** What lies above it is not believed. */
        double most() {
            return this == RUNNING || this == WAITING ? MOST_REQUESTS : MOST;
        }

        /** Whether the highest of several series counts, instead of their sum. */
        boolean takesHighest() {
            return this == KV_CACHE_USAGE || this == GPU_CACHE_USAGE;
        }
    }
}
