package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.engine.EngineStats;

/** The page at {@code /metrics}, in the families and the order of the vLLM release. */
final class MetricsPage {
    private static final String PREFIX = "vllm:";

    private final ServerOptions options;
    private final String labels;
    private final double createdSeconds;

    MetricsPage(ServerOptions options, double createdSeconds) {
        this.options = options;
        this.createdSeconds = createdSeconds;
        this.labels = "engine=\"0\",model_name=\"%s\""
                .formatted(escape(options.models().base()));
    }

    String render(EngineStats stats, RequestMetrics requests, double nowSeconds) {
        Exposition page = new Exposition(createdSeconds);
        gauges(page, stats);
        counters(page, stats);
        histograms(page, requests);
        if (!options.models().loras().isEmpty()) {
            page.gauge(
                    PREFIX + "lora_requests_info",
                    "Running stats on lora requests.",
                    "max_lora=\"%d\",running_lora_adapters=\"\",waiting_lora_adapters=\"\""
                            .formatted(options.models().loras().size()),
                    nowSeconds);
        }
        page.gauge(
                PREFIX + "cache_config_info",
                "Information of the LLMEngine CacheConfig",
                "block_size=\"%d\",enable_prefix_caching=\"%s\",engine=\"0\",num_gpu_blocks=\"%d\""
                        .formatted(
                                options.cache().blockSizeTokens(),
                                options.cache().prefixCaching() ? "True" : "False",
                                options.cache().blocks()),
                1);
        return page.text();
    }

    private void gauges(Exposition page, EngineStats stats) {
        gauge(page, "num_requests_running", "Number of requests in model execution batches.", stats.running());
        gauge(page, "num_requests_waiting", "Number of requests waiting to be processed.", stats.waiting());
        if (options.version().isLegacy()) {
            gauge(page, "gpu_cache_usage_perc", "GPU KV-cache usage. 1 means 100 percent usage.", stats.kvCacheUsage());
        } else {
            String byReason = PREFIX + "num_requests_waiting_by_reason";
            page.family(byReason, "gauge", "Number of waiting requests by reason. ...")
                    .sample(byReason, labels + ",reason=\"capacity\"", stats.waiting())
                    .sample(byReason, labels + ",reason=\"deferred\"", 0);
        }
        gauge(page, "kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", stats.kvCacheUsage());
    }

    private void counters(Exposition page, EngineStats stats) {
        String queries = "refix cache queries, in terms of number of queried tokens.";
        String hits = "refix cache hits, in terms of number of cached tokens.";
        if (options.version().isLegacy()) {
            counter(page, "gpu_prefix_cache_queries", "GPU p" + queries, stats.queriedTokens());
            counter(page, "gpu_prefix_cache_hits", "GPU p" + hits, stats.hitTokens());
        }
        counter(page, "prefix_cache_queries", "P" + queries, stats.queriedTokens());
        counter(page, "prefix_cache_hits", "P" + hits, stats.hitTokens());
        counter(page, "num_preemptions", "Cumulative number of preemption from the engine.", stats.preemptions());
        counter(page, "prompt_tokens", "Number of prefill tokens processed.", stats.promptTokens());
        counter(page, "generation_tokens", "Number of generation tokens processed.", stats.generationTokens());
        success(page, stats);
    }

    private void success(Exposition page, EngineStats stats) {
        String name = PREFIX + "request_success";
        String help = "Count of successfully processed requests.";
        page.family(name + "_total", "counter", help)
                .sample(name + "_total", finished("stop"), stats.stopped())
                .sample(name + "_total", finished("length"), stats.lengthReached())
                .sample(name + "_total", finished("abort"), stats.aborted());
        if (options.version().isLegacy()) {
            page.created(name, help, finished("stop"), finished("length"), finished("abort"));
            return;
        }
        page.sample(name + "_total", finished("error"), 0).sample(name + "_total", finished("repetition"), 0);
        page.created(
                name,
                help,
                finished("stop"),
                finished("length"),
                finished("abort"),
                finished("error"),
                finished("repetition"));
    }

    private void histograms(Exposition page, RequestMetrics requests) {
        histogram(page, "request_prompt_tokens", "Number of prefill tokens processed.", requests.promptTokens);
        histogram(
                page, "request_generation_tokens", "Number of generation tokens processed.", requests.generationTokens);
        histogram(
                page,
                "time_to_first_token_seconds",
                "Histogram of time to first token in seconds.",
                requests.timeToFirstToken);
        if (options.version().isLegacy()) {
            histogram(
                    page,
                    "time_per_output_token_seconds",
                    "Histogram of time per output token in seconds.",
                    requests.interTokenLatency);
        } else {
            histogram(
                    page,
                    "inter_token_latency_seconds",
                    "Histogram of inter-token latency in seconds.",
                    requests.interTokenLatency);
        }
        histogram(
                page, "e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.", requests.endToEnd);
        histogram(
                page,
                "request_queue_time_seconds",
                "Histogram of time spent in WAITING phase for request.",
                requests.queue);
        histogram(
                page,
                "request_prefill_time_seconds",
                "Histogram of time spent in PREFILL phase for request.",
                requests.prefill);
        histogram(
                page,
                "request_decode_time_seconds",
                "Histogram of time spent in DECODE phase for request.",
                requests.decode);
    }

    private void gauge(Exposition page, String name, String help, double value) {
        page.gauge(PREFIX + name, help, labels, value);
    }

    private void counter(Exposition page, String name, String help, long value) {
        page.counter(PREFIX + name, help, labels, value);
    }

    private void histogram(Exposition page, String name, String help, Histogram histogram) {
        page.histogram(PREFIX + name, help, labels, histogram);
    }

    private String finished(String reason) {
        return labels.replace(",model_name=", ",finished_reason=\"" + reason + "\",model_name=");
    }

    private static String escape(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
