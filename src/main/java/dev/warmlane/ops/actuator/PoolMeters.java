package dev.warmlane.ops.actuator;

import dev.warmlane.core.affinity.KeySource;
import dev.warmlane.core.routing.Outcome;
import dev.warmlane.core.routing.Router;
import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.function.Predicate;

/** What alerts ask of a pool: whether it can take requests, and counters that are there before their first event. */
public final class PoolMeters {
    private static final List<String> RESULTS = List.of("2xx", "4xx", "5xx", "cancelled", "failed");

    /** @param discoveryStale whether the endpoints of the pool with this name are those known last */
    public PoolMeters(MeterRegistry registry, List<Router> routers, Predicate<String> discoveryStale) {
        for (Router router : routers) {
            String pool = router.pool().name();
            GatewayMeter.SELECTABLE_ENDPOINTS.gauge(
                    registry, router.pool(), of -> of.snapshot().selectable().size(), pool);
            GatewayMeter.DISCOVERY_STALE.gauge(registry, discoveryStale, stale -> stale.test(pool) ? 1 : 0, pool);
            count(registry, pool);
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
