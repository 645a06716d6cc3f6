package dev.warmlane.core.vllm;

import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.ADMISSION_REJECTIONS;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.CACHE_CONFIG;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.GENERATION_TOKENS;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.GPU_CACHE_USAGE;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.GPU_PREFIX_CACHE_HITS;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.GPU_PREFIX_CACHE_QUERIES;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.KV_CACHE_USAGE;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.LORA_REQUESTS;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.PREEMPTIONS;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.PREFIX_CACHE_HITS;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.PREFIX_CACHE_QUERIES;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.PROCESS_START;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.PROMPT_TOKENS;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.RUNNING;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.SLEEP_STATE;
import static dev.warmlane.core.vllm.VllmMetrics.MetricFamily.WAITING;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad;
import dev.warmlane.core.endpoint.Endpoint.EndpointLoad.EndpointAdapters;
import dev.warmlane.core.vllm.VllmMetrics.MetricFamily;
import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Adds up the samples of one exposition, and those of each engine in it. For one thread and one exposition. */
final class MetricTally {
    /** As many engines are told apart; where there are more, only their sums are known. */
    private static final int MAX_ENGINES = 256;

    private static final int MAX_ENGINE_DIGITS = 6;

    private final Map<MetricFamily, Double> totals = new EnumMap<>(MetricFamily.class);
    private final CacheConfig cacheConfig = new CacheConfig();
    private @Nullable Double startSeconds;
    private double adaptersAt = -1;
    private @Nullable EndpointAdapters adapters;

    /** By their numbers; none in the tally of one engine. */
    private final SortedMap<Integer, MetricTally> engines = new TreeMap<>();

    void add(PrometheusText sample) {
        MetricFamily family = MetricFamily.of(sample);
        if (family == null) {
            return;
        }
        double value = sample.value();
        // Also where it is not a number.
        if (!(value >= 0 && value <= family.most())) {
            return;
        }
        if (family == LORA_REQUESTS) {
            addAdapters(sample, value);
            return;
        }
        if (family == PROCESS_START) {
            startSeconds = value;
            return;
        }
        if (family == SLEEP_STATE && !"awake".equals(sample.label("sleep_state"))) {
            return;
        }
        add(family, value, sample);
        Integer engine = engineOf(sample);
        if (engine != null && engines.size() <= MAX_ENGINES) {
            engines.computeIfAbsent(engine, first -> new MetricTally()).add(family, value, sample);
        }
    }

    private void add(MetricFamily family, double value, PrometheusText sample) {
        if (family == CACHE_CONFIG) {
            cacheConfig.add(sample.labels());
        }
        totals.merge(family, value, family.takesHighest() ? Math::max : Double::sum);
    }

    private static @Nullable Integer engineOf(PrometheusText sample) {
        long number = number(sample.label("engine"), MAX_ENGINE_DIGITS);
        return number < 0 ? null : (Integer) (int) number;
    }

    /** What at most so many digits say; negative where there are none or something else. No pattern: every sample is asked. */
    private static long number(@Nullable String digits, int most) {
        if (digits == null || digits.isEmpty() || digits.length() > most) {
            return -1;
        }
        long number = 0;
        for (int i = 0; i < digits.length(); i++) {
            char digit = digits.charAt(i);
            if (digit < '0' || digit > '9') {
                return -1;
            }
            number = number * 10 + (digit - '0');
        }
        return number;
    }

    Optional<VllmMetrics> total() {
        if (totals.isEmpty() && adapters == null) {
            return Optional.empty();
        }
        boolean asleep = totals.getOrDefault(SLEEP_STATE, 1.0) == 0;
        return Optional.of(metrics(asleep, ranks(asleep)));
    }

    private List<VllmMetrics> ranks(boolean asleep) {
        if (engines.size() < 2 || engines.size() > MAX_ENGINES) {
            return List.of();
        }
        List<MetricTally> all = List.copyOf(engines.values());
        totals.forEach((family, value) -> {
            if (all.stream().noneMatch(engine -> engine.totals.containsKey(family))) {
                // A count of the server: with one of the ranks it stays what it is in their sum.
                all.get(0).totals.put(family, value);
            }
        });
        if (adapters != null) {
            // Which rank uses them it does not say.
            EndpointAdapters slots = new EndpointAdapters(adapters.slots(), List.of(), List.of());
            all.forEach(engine -> engine.adapters = slots);
        }
        return all.stream().map(engine -> engine.metrics(asleep, List.of())).toList();
    }

    private VllmMetrics metrics(boolean asleep, List<VllmMetrics> ranks) {
        Double usage = valueOf(KV_CACHE_USAGE, GPU_CACHE_USAGE);
        EndpointLoad load = new EndpointLoad(
                count(RUNNING),
                count(WAITING),
                usage == null ? null : Math.min(1, usage),
                cacheConfig.blockSizeTokens(),
                cacheConfig.blocks(),
                cacheConfig.prefixCaching());
        return new VllmMetrics(
                load,
                prefixCache(),
                count(PREEMPTIONS),
                count(PROMPT_TOKENS),
                count(GENERATION_TOKENS),
                count(ADMISSION_REJECTIONS),
                asleep,
                startSeconds,
                adapters,
                ranks);
    }

    /** Each set of adapters that was ever in use has its series, whose value is when it last was. */
    private void addAdapters(PrometheusText sample, double at) {
        Long slots = at < adaptersAt ? null : CacheConfig.positive(sample.label("max_lora"));
        if (slots != null) {
            adaptersAt = at;
            adapters = new EndpointAdapters(
                    slots.intValue(),
                    names(sample.label("running_lora_adapters")),
                    names(sample.label("waiting_lora_adapters")));
        }
    }

    private static List<String> names(@Nullable String joined) {
        return joined == null || joined.isEmpty() ? List.of() : List.of(joined.split(","));
    }

    private @Nullable PrefixCacheCounters prefixCache() {
        Double queried = valueOf(PREFIX_CACHE_QUERIES, GPU_PREFIX_CACHE_QUERIES);
        Double hit = valueOf(PREFIX_CACHE_HITS, GPU_PREFIX_CACHE_HITS);
        return queried == null || hit == null
                ? null
                : new PrefixCacheCounters(
                        (long) Math.min(queried, MetricFamily.MOST), (long) Math.min(hit, MetricFamily.MOST));
    }

    private @Nullable Long count(MetricFamily family) {
        Double value = totals.get(family);
        return value == null ? null : (Long) (long) Math.min(value, family.most());
    }

    private @Nullable Double valueOf(MetricFamily current, MetricFamily former) {
        Double value = totals.get(current);
        return value != null ? value : totals.get(former);
    }

    /**
     * The labels of vLLM's {@code cache_config_info}, over all engines of a server. An engine that is listed twice, as happens
     * with several API server processes, counts once. For one thread.
     */
    private static final class CacheConfig {
        private static final int MAX_DIGITS = 9;

        private final Map<String, Long> blocksByEngine = new HashMap<>();
        private @Nullable Integer blockSizeTokens;
        private @Nullable Boolean prefixCaching;

        /** Not label by label: vLLM has dozens of them here. */
        void add(PrometheusText.LabelCursor labels) {
            String engine = "";
            Long blocks = null;
            while (labels.next()) {
                if (labels.isNamed("engine")) {
                    engine = labels.value();
                } else if (labels.isNamed("num_gpu_blocks")) {
                    blocks = positive(labels.value());
                } else if (labels.isNamed("block_size")) {
                    Long blockSize = positive(labels.value());
                    blockSizeTokens = blockSize == null ? blockSizeTokens : Integer.valueOf(blockSize.intValue());
                } else if (labels.isNamed("enable_prefix_caching")) {
                    String enabled = labels.value();
                    if ("True".equals(enabled) || "False".equals(enabled)) {
                        prefixCaching = "True".equals(enabled);
                    }
                }
            }
            if (blocks != null) {
                blocksByEngine.put(engine, blocks);
            }
        }

        @Nullable
        Integer blockSizeTokens() {
            return blockSizeTokens;
        }

        /** KV blocks of all engines; null while no engine has said. */
        @Nullable
        Long blocks() {
            return blocksByEngine.isEmpty()
                    ? null
                    : blocksByEngine.values().stream()
                            .mapToLong(Long::longValue)
                            .sum();
        }

        @Nullable
        Boolean prefixCaching() {
            return prefixCaching;
        }

        /** An engine that has not measured its memory yet says {@code None}. */
        static @Nullable Long positive(@Nullable String digits) {
            long number = number(digits, MAX_DIGITS);
            return number <= 0 ? null : (Long) number;
        }
    }
}
