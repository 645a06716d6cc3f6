package dev.warmlane.tools.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.simulator.Exposition.Histogram;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import dev.warmlane.tools.simulator.engine.EngineStats;
import dev.warmlane.tools.simulator.engine.SimulatedEngine.AdapterStats;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricsPageTest {
    private static final EngineStats STATS = new EngineStats(1024, 512, 2, 0, 0.0352, 0, 0, 0, 0, 0, 0);
    private static final ServerOptions OPTIONS = ServerOptions.DEFAULTS.withModels(
            new ServerOptions.Models("Qwen/Qwen3-0.6B", List.of("a", "b", "c", "my-lora"), 4096));

    private static List<String> render(ServerOptions options) {
        MetricsPage.RequestHistograms requests = new MetricsPage.RequestHistograms(options);
        requests.all().get(2).observe(0.034);
        return new MetricsPage(options, 1795329173.494788, 0)
                .render(STATS, new AdapterStats(0, List.of("my-lora"), List.of()), null, requests, 1755446400.123)
                .lines()
                .toList();
    }

    /** The fixture's clocks differ from counter to counter. */
    private static String comparable(String line) {
        return line.replaceAll("(_created\\{.*}) .*", "$1");
    }

    @Test
    void writesEveryLineOfARealPageInItsOrder() throws IOException {
        List<String> real = WireFormatTest.Fixtures.read("metrics-newest.prom")
                .lines()
                .map(MetricsPageTest::comparable)
                .toList();
        List<String> written =
                render(OPTIONS).stream().map(MetricsPageTest::comparable).toList();
        assertThat(written).containsSubsequence(real);
    }

    @Test
    void bothGenerationsHaveTheirOwnNames() {
        String newest = String.join("\n", render(OPTIONS));
        String old = String.join("\n", render(OPTIONS.withVersion(VllmVersion.V0_10_0)));
        assertThat(old)
                .contains("vllm:gpu_cache_usage_perc{engine=\"0\",model_name=\"Qwen/Qwen3-0.6B\"} 0.0352")
                .contains("vllm:gpu_prefix_cache_queries_total{", "vllm:gpu_prefix_cache_hits_total{")
                .contains("vllm:kv_cache_usage_perc{", "vllm:prefix_cache_queries_total{")
                .contains("vllm:time_per_output_token_seconds_bucket{")
                .doesNotContain("by_reason", "repetition", "inter_token");
        assertThat(newest)
                .contains("vllm:inter_token_latency_seconds_bucket{")
                .doesNotContain("vllm:gpu_", "time_per_output_token");
    }

    @Test
    void bucketsAreCumulative() {
        Histogram histogram = new Histogram("h", "Help.", 1, 2, 5);
        histogram.observe(0.5);
        histogram.observe(2);
        histogram.observe(9);
        String page = new Exposition(0, "m", 0).histogram(histogram).text();
        assertThat(page)
                .contains("vllm:h_bucket{engine=\"0\",le=\"1.0\",model_name=\"m\"} 1.0\n")
                .contains("vllm:h_bucket{engine=\"0\",le=\"2.0\",model_name=\"m\"} 2.0\n")
                .contains("vllm:h_bucket{engine=\"0\",le=\"5.0\",model_name=\"m\"} 2.0\n")
                .contains("vllm:h_bucket{engine=\"0\",le=\"+Inf\",model_name=\"m\"} 3.0\n")
                .contains(
                        "vllm:h_count{engine=\"0\",model_name=\"m\"} 3.0\nvllm:h_sum{engine=\"0\",model_name=\"m\"} 11.5\n");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0.0",
        "2, 2.0",
        "0.0352, 0.0352",
        "0.0001, 0.0001",
        "0.000036, 3.6e-05",
        "0.00002, 2e-05",
        "123456, 123456.0",
        "123456.5, 123456.5",
        "1000000, 1e+06",
        "1234567.5, 1.2345675e+06",
        "1795329173.494788, 1.795329173494788e+09",
        "12345678901, 1.2345678901e+10"
    })
    void writesNumbersAsPythonsClientDoes(double value, String expected) {
        assertThat(Exposition.number(value)).isEqualTo(expected);
    }
}
