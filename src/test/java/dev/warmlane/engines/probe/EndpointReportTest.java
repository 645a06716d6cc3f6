package dev.warmlane.engines.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad;
import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.core.vllm.VllmMetricsReader;
import dev.warmlane.engines.probe.PrefixCacheHistory.PrefixCacheWindows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EndpointReportTest {
    private static final long LATER = Duration.ofMinutes(1).toNanos();
    private static final VllmMetrics BUSY =
            VllmMetricsReader.read("""
            vllm:num_requests_running 7
            vllm:num_requests_waiting 3
            vllm:engine_sleep_state{sleep_state="awake"} 0
            vllm:kv_cache_usage_perc 0.97
            vllm:cache_config_info{block_size="16",num_gpu_blocks="100",enable_prefix_caching="True"} 1
            """.getBytes(StandardCharsets.UTF_8)).orElseThrow();

    private static EndpointReport report(@Nullable String error) {
        return new EndpointReport(BUSY, PrefixCacheWindows.NONE, List.of(), true, null, 0L, error);
    }

    @Test
    void anEngineThatHasDiedIsNotBusyForGood() {
        assertThat(report("refused").load(LATER)).isEqualTo(new EndpointLoad(null, null, null, 16, 100L, true));
    }

    @Test
    void oneThatMissesAScrapeIsAsBusyAsBefore() {
        assertThat(report("timed out").load(Duration.ofSeconds(3).toNanos())).isEqualTo(BUSY.load());
    }

    @Test
    void anEngineAsleepWhoseMetricsFailIsNotOutForGood() {
        assertThat(report("timed out").asleep(Duration.ofSeconds(3).toNanos())).isTrue();
        assertThat(report("timed out").asleep(LATER)).isFalse();
        assertThat(report(null).asleep(LATER)).isTrue();
    }

    @Test
    void oneThatIsAskedSeldomIsAsBusyAsItSaid() {
        assertThat(report(null).load(LATER)).isEqualTo(BUSY.load());
    }
}
