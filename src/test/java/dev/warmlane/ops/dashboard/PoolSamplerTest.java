package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.PoolBuilder;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.PoolStatus;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.PoolTotals;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.QueueStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class PoolSamplerTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Pool pool = new PoolBuilder("default").build();
    private final PoolSampler sampler = new PoolSampler("default", registry, new Counters(registry), pool.router());
    private final JudgedEndpoint endpoint = new JudgedEndpoint("pod-0");

    private double[] sample() {
        PoolTotals totals = new PoolTotals(1, 1, JudgedEndpoint.unusedCache(), 0, 0, 0, new QueueStatus(0, 0, 0, 0));
        return sampler.add(new PoolStatus("default", totals, false, List.of(endpoint.status())), 1, new HashMap<>());
    }

    private static float generatedPerSecond(double[] earlier, double[] later) {
        return PoolSum.figures().stream()
                .filter(figure -> figure.name().equals("outputTokensPerSecond"))
                .findFirst()
                .orElseThrow()
                .over(earlier, later);
    }

    @Test
    void tokensOfAnEngineWithoutMetricsAreUnknownAndThoseOfAnIdleOneNone() {
        endpoint.tokens(null);
        double[] first = sample();
        double[] second = sample();
        assertThat(generatedPerSecond(first, second)).isNaN();

        endpoint.tokens(100L);
        double[] told = sample();
        assertThat(generatedPerSecond(second, told)).isZero();

        endpoint.tokens(130L);
        assertThat(generatedPerSecond(told, sample())).isEqualTo(30);
    }
}
