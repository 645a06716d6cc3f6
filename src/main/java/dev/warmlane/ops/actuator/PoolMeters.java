package dev.warmlane.ops.actuator;

import dev.warmlane.core.affinity.KeySource;
import dev.warmlane.core.routing.Outcome;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;

/** What alerts ask of a pool: whether it can take requests, and counters that are there before their first event. */
public final class PoolMeters {
    private static final List<String> RESULTS = List.of("2xx", "4xx", "5xx", "cancelled", "failed");

    public PoolMeters(MeterRegistry registry, Pools pools) {
        for (Pool pool : pools.all()) {
            String name = pool.name();
            GatewayMeter.SELECTABLE_ENDPOINTS.gauge(
                    registry, pool.endpoints(), of -> of.snapshot().selectable().size(), name);
            GatewayMeter.DISCOVERY_STALE.gauge(registry, pool, of -> of.isDiscoveryStale() ? 1 : 0, name);
            count(registry, name);
        }
    }

    /** A counter that begins with its first event shows no increase by it. */
    private static void count(MeterRegistry registry, String pool) {
        GatewayMeter.RETRY_BUDGET_EXHAUSTED.counter(registry, pool);
        for (String result : RESULTS) {
            GatewayMeter.REQUESTS.counter(registry, pool, result);
        }
        for (Outcome outcome : Outcome.values()) {
            GatewayMeter.DECISIONS.counter(registry, pool, KeySource.SESSION.label(), outcome.label());
        }
    }
}
