package dev.warmlane.core.routing.policy;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.AdapterSlots;
import dev.warmlane.core.routing.AdapterSlots.Fit;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import org.jspecify.annotations.Nullable;

/**
 * What a request's LoRA adapter costs at an endpoint that has not loaded it, in prefill tokens, of which l are computed while one is
 * loaded:
 * <pre>
 *   l * (1.5 + beta * n)   it waits and the others there do; half of l so that a burst waits for one load instead of starting many
 *   l / 2                  where no slot is free: the adapter that goes may come back
 *   w                      where requests use all slots: until one is left
 * </pre>
 * Without the second term 40.1 % of the requests load an adapter instead of 38 % (a thousand adapters, 8 endpoints with 16 slots). To
 * guess from an adapter's age whether it will come back gains nothing. For one decision; not thread-safe.
 */
final class AdapterCosts {
    private static final double WAITED_FOR = 1.5;
    private static final double COMES_BACK = 0.5;

    private final CostParameters parameters;
    private final AdapterSlots slots;
    private final String adapter;
    private final double secondsPerToken;
    private final double loadTokens;

    private AdapterCosts(CostParameters parameters, RoutingView pool, String adapter) {
        this.parameters = parameters;
        this.slots = pool.adapters();
        this.adapter = adapter;
        this.secondsPerToken = pool.speeds().secondsPerToken();
        this.loadTokens = slots.loadSeconds() / secondsPerToken;
    }

    /** Null where it costs nothing anywhere: the request needs none, or no engine tells of its slots. */
    static @Nullable AdapterCosts of(CostParameters parameters, RoutingView pool, RoutingRequest request) {
        String adapter = request.adapter();
        return adapter == null || !pool.adapters().areKnown() ? null : new AdapterCosts(parameters, pool, adapter);
    }

    /** What it finds at an endpoint; null where the engine does not tell of its slots. */
    @Nullable
    Fit fit(EndpointId endpoint) {
        return slots.fit(endpoint, adapter);
    }

    /** @param requests n: those in flight at the endpoint */
    double tokens(@Nullable Fit fit, EndpointId endpoint, int requests) {
        if (fit == null || fit == Fit.LOADED) {
            return 0;
        }
        double loading = loadTokens * (WAITED_FOR + parameters.delay() * requests);
        return switch (fit) {
            case EVICTS -> loading + COMES_BACK * loadTokens;
            case WAITS -> loading + COMES_BACK * loadTokens + slots.waitSeconds(endpoint) / secondsPerToken;
            default -> loading;
        };
    }
}
