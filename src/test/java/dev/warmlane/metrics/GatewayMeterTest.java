package dev.warmlane.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class GatewayMeterTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    @Test
    void aHistogramHasTheBucketsOfVllm() {
        Timer ttft = RequestMeter.TTFT.timer(registry, "default");
        ttft.record(Duration.ofMillis(30));

        assertThat(registry.scrape().lines())
                .contains(
                        "warmlane_ttft_seconds_bucket{pool=\"default\",le=\"0.001\"} 0",
                        "warmlane_ttft_seconds_bucket{pool=\"default\",le=\"0.02\"} 0",
                        "warmlane_ttft_seconds_bucket{pool=\"default\",le=\"0.04\"} 1",
                        "warmlane_ttft_seconds_bucket{pool=\"default\",le=\"640.0\"} 1",
                        "warmlane_ttft_seconds_bucket{pool=\"default\",le=\"+Inf\"} 1",
                        "warmlane_ttft_seconds_count{pool=\"default\"} 1");
    }

    @Test
    void shortTimesHaveBucketsToo() {
        RequestMeter.OVERHEAD.timer(registry, "default").record(Duration.ofNanos(70_000));

        assertThat(registry.scrape().lines())
                .contains(
                        "warmlane_overhead_seconds_bucket{pool=\"default\",le=\"5.0E-5\"} 0",
                        "warmlane_overhead_seconds_bucket{pool=\"default\",le=\"1.0E-4\"} 1");
    }

    @Test
    void everyLabelNeedsItsValue() {
        assertThatThrownBy(() -> RequestMeter.RETRIES.counter(registry, "default"))
                .hasMessage("warmlane.retries: [default] (expected: values for [pool, reason])");
    }

    @Test
    void onlyAHistogramIsTimed() {
        assertThatThrownBy(() -> RequestMeter.REQUESTS.timer(registry, "default", "2xx"))
                .hasMessage("warmlane.requests: COUNTER (expected: a histogram)");
    }
}
