package dev.warmlane.actuator;

import dev.warmlane.endpoint.Endpoint;
import dev.warmlane.endpoint.EndpointPool;
import dev.warmlane.endpoint.EndpointState;
import dev.warmlane.health.EjectionReason;
import dev.warmlane.health.EndpointHealth;
import dev.warmlane.health.EndpointHealth.Ejected;
import dev.warmlane.health.HealthListener;
import dev.warmlane.health.PoolHealth;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Arrays;
import java.util.List;

/** Ejections, panics, and how many endpoints are in which state, as meters: a fixed number for each pool. */
public final class HealthMeters {

    public HealthMeters(MeterRegistry registry, List<PoolHealth> healths) {
        for (PoolHealth health : healths) {
            health.addListener(ejections(registry, health.pool().name()));
            gauges(registry, health.pool());
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
        return Counter.builder("warmlane.ejections")
                .description("Endpoints taken out for failing")
                .tags("pool", pool, "reason", reason.label())
                .register(registry);
    }

    private static void gauges(MeterRegistry registry, EndpointPool pool) {
        Gauge.builder("warmlane.pool.panic", pool, of -> of.snapshot().isPanic() ? 1 : 0)
                .description("1 while so few endpoints are healthy that all are used")
                .tag("pool", pool.name())
                .register(registry);
        Arrays.stream(EndpointState.values())
                .map(EndpointState::label)
                .distinct()
                .forEach(state -> Gauge.builder("warmlane.endpoints", pool, of -> count(of, state))
                        .description("Endpoints by state")
                        .tags("pool", pool.name(), "state", state)
                        .register(registry));
    }

    private static long count(EndpointPool pool, String state) {
        return pool.snapshot().endpoints().stream()
                .filter(endpoint -> endpoint.state().label().equals(state))
                .count();
    }
}
