package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.Exposition.Histogram;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineStats;
import dev.warmlane.tools.simulator.engine.SimulatedEngine.AdapterStats;
import java.util.List;
import java.util.Objects;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * What one engine adds to the page at {@code /metrics}, from its counters and its {@link RequestHistograms}, in the families and the
 * order of the vLLM release.
 *
 * @param engine its number
 */
record MetricsPage(ServerOptions options, double createdSeconds, int engine) {

    String render(
            EngineStats stats,
            AdapterStats adapters,
            @Nullable Integer sleepLevel,
            RequestHistograms requests,
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

    /** The histograms of vLLM's metrics page, fed from the life of each request. Times in seconds. Confined to one thread. */
    static final class RequestHistograms {
        private static final double[] REQUEST_SECONDS = {
            0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
        };
        private static final double[] FIRST_TOKEN_SECONDS = {
            .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560
        };
        private static final double[] TOKEN_SECONDS = {
            .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
        };

        private final Histogram promptTokens;
        private final Histogram generationTokens;
        private final Histogram timeToFirstToken =
                seconds("time_to_first_token", "time to first token", FIRST_TOKEN_SECONDS);
        private final Histogram interTokenLatency;
        private final Histogram endToEnd = seconds("e2e_request_latency", "e2e request latency", REQUEST_SECONDS);
        private final Histogram queue = phase("queue", "WAITING");
        private final Histogram prefill = phase("prefill", "PREFILL");
        private final Histogram decode = phase("decode", "DECODE");

        RequestHistograms(ServerOptions options) {
            double[] tokens = oneTwoFive(options.models().maxModelLen());
            promptTokens = new Histogram("request_prompt_tokens", "Number of prefill tokens processed.", tokens);
            generationTokens =
                    new Histogram("request_generation_tokens", "Number of generation tokens processed.", tokens);
            interTokenLatency = options.version().isLegacy()
                    ? seconds("time_per_output_token", "time per output token", TOKEN_SECONDS)
                    : seconds("inter_token_latency", "inter-token latency", TOKEN_SECONDS);
        }

        /** In the order of the page. */
        List<Histogram> all() {
            return List.of(
                    promptTokens,
                    generationTokens,
                    timeToFirstToken,
                    interTokenLatency,
                    endToEnd,
                    queue,
                    prefill,
                    decode);
        }

        /** A token came, this long after the one before it. */
        void token(EngineSequence sequence, long nowNanos, long previousNanos) {
            if (sequence.generatedTokens() == 1) {
                timeToFirstToken.observe(seconds(sequence.submittedNanos(), nowNanos));
            } else {
                interTokenLatency.observe(seconds(previousNanos, nowNanos));
            }
        }

        /** The response is complete. */
        void complete(EngineSequence sequence, long nowNanos) {
            promptTokens.observe(sequence.request().promptTokens());
            generationTokens.observe(sequence.generatedTokens());
            endToEnd.observe(seconds(sequence.submittedNanos(), nowNanos));
            queue.observe(seconds(sequence.submittedNanos(), sequence.admittedNanos()));
            long prefilled = sequence.generatedTokens() == 0 ? nowNanos : sequence.firstTokenNanos();
            prefill.observe(seconds(sequence.admittedNanos(), prefilled));
            decode.observe(seconds(prefilled, nowNanos));
        }

        private static Histogram seconds(String name, String measure, double[] bounds) {
            return new Histogram(name + "_seconds", "Histogram of %s in seconds.".formatted(measure), bounds);
        }

        private static Histogram phase(String name, String phase) {
            String help = "Histogram of time spent in %s phase for request.".formatted(phase);
            return new Histogram("request_%s_time_seconds".formatted(name), help, REQUEST_SECONDS);
        }

        private static double seconds(long fromNanos, long toNanos) {
            return (toNanos - fromNanos) / 1e9;
        }

        /** 1, 2, 5, 10, 20, ... up to the limit. */
        private static double[] oneTwoFive(int limit) {
            return DoubleStream.iterate(1, decade -> decade <= limit, decade -> decade * 10)
                    .flatMap(decade -> DoubleStream.of(decade, 2 * decade, 5 * decade))
                    .filter(bound -> bound <= limit)
                    .toArray();
        }
    }
}
