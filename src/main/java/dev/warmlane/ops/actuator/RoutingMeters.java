package dev.warmlane.ops.actuator;

import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PredictionAccuracy;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * What the gateway knows of its own routing, as meters: what is in flight at each endpoint, bindings, and predicted against
 * delivered cache hits. {@link #refresh} makes the endpoints' meters follow the pools.
 */
public final class RoutingMeters {
    private final Pools pools;
    private final MultiGauge requests;
    private final MultiGauge promptTokens;
    private List<EndpointSnapshot> registered = List.of();

    public RoutingMeters(MeterRegistry registry, Pools pools, Bindings bindings) {
        this.pools = pools;
        this.requests = GatewayMeter.IN_FLIGHT_REQUESTS.gauges(registry);
        this.promptTokens = GatewayMeter.IN_FLIGHT_PROMPT_TOKENS.gauges(registry);
        GatewayMeter.AFFINITY_BINDINGS.gauge(registry, bindings, Bindings::size);
        GatewayMeter.AFFINITY_EVICTIONS.counter(registry, bindings, Bindings::evictions);
        for (Pool pool : pools.all()) {
            PredictionAccuracy deliveries = pool.router().deliveries();
            GatewayMeter.PREDICTED_PREFIX_TOKENS.counter(
                    registry, deliveries, PredictionAccuracy::predictedTokens, pool.name());
            GatewayMeter.DELIVERED_PREFIX_TOKENS.counter(
                    registry, deliveries, PredictionAccuracy::deliveredTokens, pool.name());
        }
    }

    /** Makes the meters those of the endpoints that there are now. Off the request path. */
    public synchronized void refresh() {
        List<EndpointSnapshot> now = pools.snapshots();
        if (now.equals(registered)) {
            return;
        }
        registered = now;
        requests.register(rows(InFlight::requests), true);
        promptTokens.register(rows(InFlight::promptTokens), true);
    }

    private List<MultiGauge.Row<?>> rows(BiFunction<InFlight, EndpointId, Number> value) {
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        for (Pool pool : pools.all()) {
            for (Endpoint endpoint : pool.endpoints().snapshot().endpoints()) {
                Tags tags = GatewayMeter.IN_FLIGHT_REQUESTS.tags(pool.name(), endpoint.name());
                rows.add(MultiGauge.Row.of(
                        tags,
                        pool.router().inFlight(),
                        inFlight -> value.apply(inFlight, endpoint.id()).doubleValue()));
            }
        }
        return rows;
    }
}
