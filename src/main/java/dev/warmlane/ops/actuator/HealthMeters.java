package dev.warmlane.ops.actuator;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.endpoint.EndpointState;
import dev.warmlane.core.health.EjectionReason;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.HealthListener;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Arrays;

/** Ejections, panics, and how many endpoints are in which state, as meters: a fixed number for each pool. */
public final class HealthMeters {

    public HealthMeters(MeterRegistry registry, Pools pools) {
        for (Pool pool : pools.all()) {
            pool.health().addListener(ejections(registry, pool.name()));
            gauges(registry, pool.endpoints());
        }
    }

    private static HealthListener ejections(MeterRegistry registry, String pool) {
        for (EjectionReason reason : EjectionReason.values()) {
            // All of them from the start: a counter that begins with its first event shows no increase.
            ejections(registry, pool, reason);
        }
        return new HealthListener() {
            @Override
            public void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth now) {
                if (now instanceof Ejected ejected) {
                    ejections(registry, pool, ejected.reason()).increment();
                }
            }
        };
    }

    private static Counter ejections(MeterRegistry registry, String pool, EjectionReason reason) {
        return GatewayMeter.EJECTIONS.counter(registry, pool, reason.label());
    }

    private static void gauges(MeterRegistry registry, EndpointPool pool) {
        GatewayMeter.POOL_PANIC.gauge(registry, pool, of -> of.snapshot().isPanic() ? 1 : 0, pool.name());
        Arrays.stream(EndpointState.values())
                .map(EndpointState::label)
                .distinct()
                .forEach(state ->
                        GatewayMeter.ENDPOINTS.gauge(registry, pool, of -> count(of, state), pool.name(), state));
    }

    private static long count(EndpointPool pool, String state) {
        return pool.snapshot().endpoints().stream()
                .filter(endpoint -> endpoint.state().label().equals(state))
                .count();
    }
}
