package dev.warmlane.actuator;

import dev.warmlane.affinity.AffinityTable;
import dev.warmlane.endpoint.Endpoint;
import dev.warmlane.endpoint.EndpointId;
import dev.warmlane.routing.Deliveries;
import dev.warmlane.routing.InFlight;
import dev.warmlane.routing.Router;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
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
    private final List<Router> routers;
    private final MultiGauge requests;
    private final MultiGauge promptTokens;

    public RoutingMeters(MeterRegistry registry, List<Router> routers, AffinityTable table) {
        this.routers = List.copyOf(routers);
        this.requests = MultiGauge.builder("warmlane.in.flight.requests")
                .description("Requests in flight at an endpoint")
                .register(registry);
        this.promptTokens = MultiGauge.builder("warmlane.in.flight.prompt.tokens")
                .description("Prompt tokens of the requests in flight at an endpoint")
                .register(registry);
        Gauge.builder("warmlane.affinity.bindings", table, AffinityTable::size)
                .description("Keys bound to an endpoint")
                .register(registry);
        FunctionCounter.builder("warmlane.affinity.evictions", table, AffinityTable::evictions)
                .description("Bindings dropped because the table was full or their time to live had passed")
                .register(registry);
        for (Router router : routers) {
            Tags pool = Tags.of("pool", router.pool().name());
            FunctionCounter.builder(
                            "warmlane.predicted.prefix.tokens", router.deliveries(), Deliveries::predictedTokens)
                    .description("Prompt tokens predicted to be cached, of answers that said how many were")
                    .tags(pool)
                    .register(registry);
            FunctionCounter.builder(
                            "warmlane.delivered.prefix.tokens", router.deliveries(), Deliveries::deliveredTokens)
                    .description("Prompt tokens that endpoints reported as cached")
                    .tags(pool)
                    .register(registry);
        }
    }

    /** Makes the meters those of the endpoints that there are now. Off the request path. */
    public void refresh() {
        requests.register(rows(InFlight::requests), true);
        promptTokens.register(rows(InFlight::promptTokens), true);
    }

    private List<MultiGauge.Row<?>> rows(BiFunction<InFlight, EndpointId, Number> value) {
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        for (Router router : routers) {
            for (Endpoint endpoint : router.pool().snapshot().endpoints()) {
                Tags tags = Tags.of("pool", router.pool().name(), "endpoint", endpoint.name());
                rows.add(MultiGauge.Row.of(
                        tags,
                        router.inFlight(),
                        inFlight -> value.apply(inFlight, endpoint.id()).doubleValue()));
            }
        }
        return rows;
    }
}
