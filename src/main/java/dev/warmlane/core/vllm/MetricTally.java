package dev.warmlane.core.vllm;

import static dev.warmlane.core.vllm.MetricTally.MetricFamily.ADMISSION_REJECTIONS;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.CACHE_CONFIG;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.GENERATION_TOKENS;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.GPU_CACHE_USAGE;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.GPU_PREFIX_CACHE_HITS;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.GPU_PREFIX_CACHE_QUERIES;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.KV_CACHE_USAGE;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.PREEMPTIONS;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.PREFIX_CACHE_HITS;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.PREFIX_CACHE_QUERIES;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.PROMPT_TOKENS;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.RUNNING;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.SLEEP_STATE;
import static dev.warmlane.core.vllm.MetricTally.MetricFamily.WAITING;

import dev.warmlane.core.endpoint.EndpointLoad;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Adds up the samples of one exposition. For one thread and one exposition. */
final class MetricTally {
    private final Map<MetricFamily, Double> totals = new EnumMap<>(MetricFamily.class);
    private final CacheConfig cacheConfig = new CacheConfig();

    void add(PrometheusText sample) {
        MetricFamily family = MetricFamily.of(sample);
        if (family == null) {
            return;
        }
        double value = sample.value();
        if (!Double.isFinite(value) || value < 0) {
            return;
        }
        if (family == CACHE_CONFIG) {
            cacheConfig.add(sample);
        }
        if (family == SLEEP_STATE && !"awake".equals(sample.label("sleep_state"))) {
            return;
        }
        totals.merge(family, value, family.takesHighest() ? Math::max : Double::sum);
    }

    Optional<VllmMetrics> total() {
        if (totals.isEmpty()) {
            return Optional.empty();
        }
        Double usage = valueOf(KV_CACHE_USAGE, GPU_CACHE_USAGE);
        EndpointLoad load = new EndpointLoad(
                count(RUNNING),
                count(WAITING),
                usage == null ? null : Math.min(1, usage),
                cacheConfig.blockSizeTokens(),
                cacheConfig.blocks(),
                cacheConfig.prefixCaching());
        return Optional.of(new VllmMetrics(
                load,
                prefixCache(),
                count(PREEMPTIONS),
                count(PROMPT_TOKENS),
                count(GENERATION_TOKENS),
                count(ADMISSION_REJECTIONS),
                totals.getOrDefault(SLEEP_STATE, 1.0) == 0));
    }

    private @Nullable PrefixCacheCounters prefixCache() {
        Double queried = valueOf(PREFIX_CACHE_QUERIES, GPU_PREFIX_CACHE_QUERIES);
        Double hit = valueOf(PREFIX_CACHE_HITS, GPU_PREFIX_CACHE_HITS);
        return queried == null || hit == null ? null : new PrefixCacheCounters(queried.longValue(), hit.longValue());
    }

    private @Nullable Long count(MetricFamily family) {
        Double value = totals.get(family);
        return value == null ? null : value.longValue();
    }

    private @Nullable Double valueOf(MetricFamily current, MetricFamily former) {
        Double value = totals.get(current);
        return value != null ? value : totals.get(former);
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
        CACHE_CONFIG("cache_config_info");

        private static final MetricFamily[] ALL = values();

        /** The words that their names begin with, for {@link PrometheusText}. */
        static final long[] BEGINNINGS = Arrays.stream(ALL)
                .mapToLong(family -> PrometheusText.beginning(family.sampleName))
                .distinct()
                .toArray();

        private final String sampleName;

        MetricFamily(String suffix) {
            sampleName = "vllm:" + suffix;
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
}
