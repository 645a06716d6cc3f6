package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.engine.EngineStats;
import dev.warmlane.tools.simulator.engine.SimulatedEngine.AdapterStats;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one engine adds to the page at {@code /metrics}, in the families and the order of the vLLM release.
 *
 * @param engine its number
 */
record MetricsPage(ServerOptions options, double createdSeconds, int engine) {

    String render(
            EngineStats stats,
            AdapterStats adapters,
            @Nullable Integer sleepLevel,
            RequestMetrics requests,
            double nowSeconds) {
        Exposition page = new Exposition(engine, options.models().base(), createdSeconds);
        gauges(page, stats, sleepLevel);
        counters(page, stats);
        requests.all().forEach(page::histogram);
        int slots = options.models().adapters().slots();
        // It does not say of which engine.
        if (slots > 0 && engine == 0) {
            String labels = "max_lora=\"%d\",running_lora_adapters=\"%s\",waiting_lora_adapters=\"%s\""
                    .formatted(slots, String.join(",", adapters.running()), String.join(",", adapters.waiting()));
            page.gauge("lora_requests_info", "Running stats on lora requests.", labels, nowSeconds);
        }
        String cache = "block_size=\"%d\",enable_prefix_caching=\"%s\",engine=\"%d\",num_gpu_blocks=\"%d\""
                .formatted(
                        options.cache().blockSizeTokens(),
                        options.cache().prefixCaching() ? "True" : "False",
                        engine,
                        options.cache().blocks());
        return page.gauge("cache_config_info", "Information of the LLMEngine CacheConfig", cache, 1)
                .text();
    }

    private void gauges(Exposition page, EngineStats stats, @Nullable Integer sleepLevel) {
        page.gauge("num_requests_running", "Number of requests in model execution batches.", stats.running());
        page.gauge("num_requests_waiting", "Number of requests waiting to be processed.", stats.waiting());
        if (options.version().isLegacy()) {
            page.gauge("gpu_cache_usage_perc", "GPU KV-cache usage. 1 means 100 percent usage.", stats.kvCacheUsage());
        } else {
            String byReason = "num_requests_waiting_by_reason";
            page.gauge(byReason, "Number of waiting requests by reason. ...", reason(page, "capacity"), stats.waiting())
                    .sample(byReason, reason(page, "deferred"), 0);
            String sleep = "engine_sleep_state";
            String help = "Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake; "
                    + "weights_offloaded = 1 means sleep level 1; discard_all = 1 means sleep level 2.";
            page.gauge(sleep, help, sleepState(page, "awake"), sleepLevel == null ? 1 : 0)
                    .sample(sleep, sleepState(page, "weights_offloaded"), Objects.equals(sleepLevel, 1) ? 1 : 0)
                    .sample(sleep, sleepState(page, "discard_all"), Objects.equals(sleepLevel, 2) ? 1 : 0);
        }
        page.gauge("kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", stats.kvCacheUsage());
    }

    private void counters(Exposition page, EngineStats stats) {
        String queries = "refix cache queries, in terms of number of queried tokens.";
        String hits = "refix cache hits, in terms of number of cached tokens.";
        if (options.version().isLegacy()) {
            page.counter("gpu_prefix_cache_queries", "GPU p" + queries, stats.queriedTokens());
            page.counter("gpu_prefix_cache_hits", "GPU p" + hits, stats.hitTokens());
        }
        page.counter("prefix_cache_queries", "P" + queries, stats.queriedTokens());
        page.counter("prefix_cache_hits", "P" + hits, stats.hitTokens());
        page.counter("num_preemptions", "Cumulative number of preemption from the engine.", stats.preemptions());
        page.counter(
                "admission_rejections",
                "Number of requests rejected at admission.",
                List.of(
                        page.labels(",reason=\"max_num_queued_reqs\"", ""),
                        page.labels(",reason=\"max_num_queued_tokens\"", "")),
                List.of(0L, 0L));
        page.counter("prompt_tokens", "Number of prefill tokens processed.", stats.promptTokens());
        page.counter("generation_tokens", "Number of generation tokens processed.", stats.generationTokens());
        int reasons = options.version().isLegacy() ? 3 : 5;
        page.counter(
                "request_success",
                "Count of successfully processed requests.",
                List.of("stop", "length", "abort", "error", "repetition").subList(0, reasons).stream()
                        .map(reason -> page.labels(",finished_reason=\"" + reason + '"', ""))
                        .toList(),
                List.of(stats.stopped(), stats.lengthReached(), stats.aborted(), 0L, 0L)
                        .subList(0, reasons));
    }

    private static String sleepState(Exposition page, String state) {
        return page.labels("", ",sleep_state=\"" + state + '"');
    }

    private static String reason(Exposition page, String reason) {
        return page.labels("", ",reason=\"" + reason + '"');
    }
}
