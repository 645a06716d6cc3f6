package dev.warmlane.core.vllm;

import org.jspecify.annotations.Nullable;

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
    CACHE_CONFIG("cache_config_info");

    /** What every name starts with. */
    static final String PREFIX = "vllm:";

    private static final MetricFamily[] ALL = values();

    private final String sampleName;

    MetricFamily(String suffix) {
        sampleName = PREFIX + suffix;
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

    /** Whether the highest of several series counts, instead of their sum. */
    boolean takesHighest() {
        return this == KV_CACHE_USAGE || this == GPU_CACHE_USAGE;
    }
}
