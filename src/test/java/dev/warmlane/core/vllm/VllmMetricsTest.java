package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad;
import dev.warmlane.core.endpoint.Endpoint.EndpointLoad.EndpointAdapters;
import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VllmMetricsTest {
    @Test
    void readsTheNewestExposition() throws IOException {
        byte[] exposition;
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/vllm/metrics-newest.prom"))) {
            exposition = in.readAllBytes();
        }

        assertThat(VllmMetricsReader.read(exposition))
                .contains(new VllmMetrics(
                        new EndpointLoad(2L, 0L, 0.0352, 16, 27_652L, true),
                        new PrefixCacheCounters(1024, 512),
                        null,
                        null,
                        null,
                        null,
                        false,
                        null,
                        new EndpointAdapters(4, List.of("my-lora"), List.of()),
                        List.of()));
    }

    @Test
    void whatEveryProcessSaysIsNothingOfVllm() {
        assertThat(VllmMetricsReader.read("process_start_time_seconds 1.7e9\n".getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
    }

    @Test
    void anEngineSleepsWhereItSaysThatNoneIsAwake() {
        String state = "vllm:engine_sleep_state{engine=\"%d\",model_name=\"m\",sleep_state=\"%s\"} %d.0\n";
        assertThat(parse(state.formatted(0, "awake", 0) + state.formatted(0, "weights_offloaded", 1))
                        .asleep())
                .isTrue();
        assertThat(parse(state.formatted(0, "awake", 0) + state.formatted(1, "awake", 1))
                        .asleep())
                .isFalse();
        assertThat(parse(state.formatted(0, "awake", 1) + state.formatted(0, "discard_all", 0))
                        .asleep())
                .isFalse();
        assertThat(parse("vllm:num_requests_running 0.0\n").asleep()).isFalse();
    }

    @Test
    void tellsSeveralEnginesApartInTheOrderOfTheirNumbers() {
        VllmMetrics metrics = parse("""
                vllm:num_requests_running{engine="10",model_name="m"} 3.0
                vllm:num_requests_running{engine="9",model_name="m"} 1.0
                vllm:kv_cache_usage_perc{engine="9",model_name="m"} 0.25
                vllm:kv_cache_usage_perc{engine="10",model_name="m"} 0.75
                vllm:prefix_cache_queries_total{engine="9",model_name="m"} 100.0
                vllm:prefix_cache_hits_total{engine="9",model_name="m"} 10.0
                vllm:prefix_cache_queries_total{engine="10",model_name="m"} 200.0
                vllm:prefix_cache_hits_total{engine="10",model_name="m"} 40.0
                vllm:admission_rejections_total{model_name="m",reason="max_num_queued_reqs"} 5.0
                vllm:cache_config_info{block_size="16",engine="9",num_gpu_blocks="700"} 1.0
                vllm:cache_config_info{block_size="16",engine="10",num_gpu_blocks="800"} 1.0
                """);
        assertThat(metrics.load()).isEqualTo(new EndpointLoad(4L, null, 0.75, 16, 1500L, null));
        assertThat(metrics.ranks()).hasSize(2);
        assertThat(metrics.ranks().get(0).load()).isEqualTo(new EndpointLoad(1L, null, 0.25, 16, 700L, null));
        assertThat(metrics.ranks().get(1).load()).isEqualTo(new EndpointLoad(3L, null, 0.75, 16, 800L, null));
        assertThat(metrics.ranks().get(0).prefixCache()).isEqualTo(new PrefixCacheCounters(100, 10));
        assertThat(metrics.ranks().get(1).prefixCache()).isEqualTo(new PrefixCacheCounters(200, 40));
        assertThat(metrics.ranks()).extracting(VllmMetrics::rejections).containsExactly(5L, null);
    }

    @Test
    void aRankSleepsWhenAllDo() {
        String state = "vllm:engine_sleep_state{engine=\"%d\",sleep_state=\"awake\"} %d.0\n";
        assertThat(parse(state.formatted(0, 0) + state.formatted(1, 1)).ranks())
                .extracting(VllmMetrics::asleep)
                .containsExactly(false, false);
        assertThat(parse(state.formatted(0, 0) + state.formatted(1, 0)).ranks())
                .extracting(VllmMetrics::asleep)
                .containsExactly(true, true);
    }

    @Test
    void oneEngineOrAFloodOfThemIsTakenAsOne() {
        StringBuilder flood = new StringBuilder();
        for (int engine = 0; engine < 1000; engine++) {
            flood.append("vllm:num_requests_running{engine=\"%d\"} 1.0\n".formatted(engine));
        }
        assertThat(parse(flood.toString()).ranks()).isEmpty();
        assertThat(parse(flood.toString()).load().running()).isEqualTo(1000);
        assertThat(parse("vllm:num_requests_running{engine=\"3\"} 1.0\n").ranks())
                .isEmpty();
        assertThat(parse("vllm:num_requests_running{engine=\"x\"} 1.0\nvllm:num_requests_running{engine=\"-1\"} 1.0\n")
                        .ranks())
                .isEmpty();
    }

    @Test
    void ofTheSeriesOfAdaptersTheLastCounts() {
        String series =
                "vllm:lora_requests_info{max_lora=\"%s\",running_lora_adapters=\"%s\",waiting_lora_adapters=\"%s\"} %s\n";
        assertThat(parse(series.formatted(2, "a", "", "1.755446400e+09")
                                + series.formatted(2, "a,b", "c", "1.755446402e+09")
                                + series.formatted(2, "", "", "1.755446401e+09")
                                + series.formatted("many", "d", "", "1.755446403e+09"))
                        .adapters())
                .isEqualTo(new EndpointAdapters(2, List.of("a", "b"), List.of("c")));
        assertThat(parse("vllm:num_requests_running 0.0\n").adapters()).isNull();
    }

    @Test
    void countsWhatAFullQueueRefused() {
        assertThat(parse(
                                "vllm:admission_rejections_total{engine=\"0\",reason=\"max_num_queued_reqs\"} 3.0\n"
                                        + "vllm:admission_rejections_total{engine=\"0\",reason=\"max_num_queued_tokens\"} 4.0\n")
                        .rejections())
                .isEqualTo(7);
    }

    @Test
    void readsTheNamesOfOldServers() {
        VllmMetrics metrics = parse("""
                vllm:gpu_cache_usage_perc{engine="0",model_name="m"} 0.25
                vllm:gpu_prefix_cache_queries_total{engine="0",model_name="m"} 96.0
                vllm:gpu_prefix_cache_hits_total{engine="0",model_name="m"} 64.0
                """);

        assertThat(metrics.load().kvCacheUsage()).isEqualTo(0.25);
        assertThat(metrics.prefixCache()).isEqualTo(new PrefixCacheCounters(96, 64));
    }

    @Test
    void prefersTheNewNamesWhereAServerHasBoth() {
        VllmMetrics metrics = parse("""
                vllm:gpu_cache_usage_perc{engine="0"} 0.1
                vllm:kv_cache_usage_perc{engine="0"} 0.2
                vllm:gpu_prefix_cache_queries_total{engine="0"} 1
                vllm:prefix_cache_queries_total{engine="0"} 20
                vllm:gpu_prefix_cache_hits_total{engine="0"} 1
                vllm:prefix_cache_hits_total{engine="0"} 10
                """);

        assertThat(metrics.load().kvCacheUsage()).isEqualTo(0.2);
        assertThat(metrics.prefixCache()).isEqualTo(new PrefixCacheCounters(20, 10));
    }

    @Test
    void sumsTheEnginesOfOneServerAndTakesTheHighestUsage() {
        VllmMetrics metrics = parse("""
                vllm:num_requests_running{engine="0"} 3.0
                vllm:num_requests_running{engine="1"} 4.0
                vllm:prefix_cache_queries_total{engine="0"} 1e3
                vllm:prefix_cache_queries_total{engine="1"} 24
                vllm:prefix_cache_hits_total{engine="0"} 500
                vllm:prefix_cache_hits_total{engine="1"} 12
                vllm:kv_cache_usage_perc{engine="0",pid="71"} 0.5
                vllm:kv_cache_usage_perc{engine="1",pid="72"} 0.75
                vllm:cache_config_info{block_size="32",engine="0",num_gpu_blocks="100"} 1.0
                vllm:cache_config_info{block_size="32",engine="1",num_gpu_blocks="110"} 1.0
                vllm:cache_config_info{block_size="32",engine="1",num_gpu_blocks="110",pid="72"} 1.0
                """);

        assertThat(metrics.load().running()).isEqualTo(7);
        assertThat(metrics.load().kvCacheUsage()).isEqualTo(0.75);
        assertThat(metrics.load().blocks()).isEqualTo(210);
        assertThat(metrics.load().capacityTokens()).isEqualTo(210 * 32);
        assertThat(metrics.prefixCache()).isEqualTo(new PrefixCacheCounters(1024, 512));
    }

    @Test
    void readsWhatAlertsNeed() {
        VllmMetrics metrics = parse("""
                vllm:num_preemptions_total{engine="0"} 3.0
                vllm:prompt_tokens_total{engine="0"} 1.5e+06
                vllm:generation_tokens_total{engine="0"} 2048.0
                vllm:prompt_tokens_by_source_total{source="local"} 7
                """);

        assertThat(metrics.preemptions()).isEqualTo(3);
        assertThat(metrics.promptTokens()).isEqualTo(1_500_000);
        assertThat(metrics.generationTokens()).isEqualTo(2048);
        assertThat(metrics.prefixCache()).isNull();
    }

    @Test
    void readsLabelsInAnyOrderThroughEscapesAndBraces() {
        VllmMetrics metrics = parse("""
                vllm:num_requests_running{model_name="a\\"} 99 \\\\",engine="0",} 2 1755446400123
                vllm:cache_config_info{ num_gpu_blocks = "8" , note="block_size=\\"1\\"\\n{", block_size="16" } 1
                """);

        assertThat(metrics.load().running()).isEqualTo(2);
        assertThat(metrics.load().blockSizeTokens()).isEqualTo(16);
        assertThat(metrics.load().blocks()).isEqualTo(8);
        assertThat(metrics.load().prefixCaching()).isNull();
    }

    @Test
    void knowsThatPrefixCachingIsOff() {
        VllmMetrics metrics = parse("""
                vllm:cache_config_info{block_size="16",enable_prefix_caching="False",num_gpu_blocks="None"} 1.0
                """);

        assertThat(metrics.load().prefixCaching()).isFalse();
        assertThat(metrics.load().blocks()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vllm:num_requests_waiting NaN",
                "vllm:num_requests_waiting +Inf",
                "vllm:num_requests_waiting -1",
                "vllm:num_requests_waiting",
                "vllm:num_requests_waiting{",
                "vllm:num_requests_waiting{engine=\"0\" 5",
                "vllm:num_requests_waiting{engine=\"0} 5",
                "vllm:num_requests_waiting{engine=0} 5",
                "vllm:num_requests_waiting{engine=\"0\\",
                "vllm:num_requests_waiting 1e300",
                "vllm:num_requests_waiting 2e6",
                "vllm:num_requests_waiting 1.2.3",
                "vllm:num_requests_waiting 5abc",
                "vllm:num_requests_waiting_created 5",
                "vllm:num_requests_waiting_by_reason{reason=\"capacity\"} 5",
            })
    void passesOverALineThatItCannotRead(String line) {
        VllmMetrics metrics = parse(line + "\r\nvllm:num_requests_running 1\n" + line);

        assertThat(metrics.load()).isEqualTo(new EndpointLoad(1L, null, null, null, null, null));
    }

    @Test
    void believesNoMoreThanAnEngineHasInItsLife() {
        String counts = """
                vllm:prefix_cache_queries_total{engine="%1$d"} %2$s
                vllm:prefix_cache_hits_total{engine="%1$d"} %2$s
                vllm:prompt_tokens_total{engine="%1$d"} %2$s
                vllm:num_requests_running{engine="%1$d"} 1e6
                """;
        VllmMetrics beyond = parse(counts.formatted(0, "1e300"));
        assertThat(beyond.prefixCache()).isNull();
        assertThat(beyond.promptTokens()).isNull();

        VllmMetrics three = parse(counts.formatted(0, "1e15") + counts.formatted(1, "1e15") + counts.formatted(2, "7"));
        assertThat(three.prefixCache())
                .isEqualTo(new PrefixCacheCounters(1_000_000_000_000_000L, 1_000_000_000_000_000L));
        assertThat(three.promptTokens()).isEqualTo(1_000_000_000_000_000L);
        assertThat(three.load().running()).isEqualTo(1_000_000L);
    }

    @Test
    void aCacheOfAnySizeHoldsSomething() {
        StringBuilder engines = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            engines.append(
                    "vllm:cache_config_info{engine=\"%d\",num_gpu_blocks=\"999999999\",block_size=\"999999999\"} 1\n"
                            .formatted(i));
        }
        assertThat(parse(engines.toString()).load().capacityTokens()).isEqualTo(Long.MAX_VALUE);
        assertThat(parse("vllm:cache_config_info{num_gpu_blocks=\"0\",block_size=\"16\"} 1\n")
                        .load()
                        .capacityTokens())
                .isNull();
        assertThat(parse("vllm:cache_config_info{num_gpu_blocks=\"-5\",block_size=\"1e300\"} 1\n")
                        .load()
                        .capacityTokens())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n\n", "<html>vllm:num_requests_running 1</html>", "python_gc_objects 3\n", "vllm:"})
    void isEmptyForABodyWithoutMetricsOfVllm(String body) {
        assertThat(VllmMetricsReader.read(body.getBytes(UTF_8))).isEmpty();
    }

    private static VllmMetrics parse(String exposition) {
        return VllmMetricsReader.read(exposition.getBytes(UTF_8)).orElseThrow();
    }
}
