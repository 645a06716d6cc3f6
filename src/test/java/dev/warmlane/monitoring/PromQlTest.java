package dev.warmlane.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromQlTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "up; up",
                "sum by (job, pool) (rate(a_total{pool=~\"x}|y\"}[5m])) / sum without (le) (b_count); a_total b_count",
                "histogram_quantile(0.9, sum by (le) (rate(a_seconds_bucket[5m] offset 1d))) > 1e3; a_seconds_bucket",
                "a:b:rate5m * on (pool) group_left (version) c unless d == bool 1; a:b:rate5m c d",
            })
    void namesTheMetrics(String expression, String metrics) {
        assertThat(PromQl.metrics(expression)).containsExactlyInAnyOrder(metrics.split(" "));
    }
}
