package dev.warmlane.core.routing.policy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.PoolLoad;
import dev.warmlane.core.routing.RoutingView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a starting endpoint will have in flight once it has started: as much as the others have now, on average. If its price were what it
 * has in flight now, bound sessions of the whole pool would leave their caches for it at once, more prefixes than its cache can hold.
 * Priced by this, they come as fast as its load may grow, and first those whose prefix it holds. Requests that are bound to no started
 * endpoint have no cache to leave, so they are not priced by it.
 *
 * @param requests in flight; 0 where none is starting
 * @param promptTokens of these
 */
record StartedLoad(double requests, double promptTokens) {
    private static final StartedLoad NONE = new StartedLoad(0, 0);

    /** @param bound the endpoint that the request's key is bound to */
    static StartedLoad of(RoutingView pool, List<Endpoint> endpoints, @Nullable EndpointId bound) {
        if (bound == null || !pool.snapshot().hasStarting()) {
            return NONE;
        }
        PoolLoad load = pool.load();
        double requests = 0;
        double tokens = 0;
        int started = 0;
        boolean leaves = false;
        for (Endpoint endpoint : endpoints) {
            if (endpoint.state() == EndpointState.READY) {
                requests += load.requests(endpoint.id());
                tokens += load.promptTokens(endpoint.id());
                started++;
                leaves |= endpoint.id().equals(bound);
            }
        }
        return leaves ? new StartedLoad(requests / started, tokens / started) : NONE;
    }

    /** Whether an endpoint is priced by it: one that is starting, for all but its first request. */
    boolean prices(Endpoint endpoint, int requestsThere) {
        return requestsThere > 0 && requests > 0 && endpoint.state() == EndpointState.STARTING;
    }

    /** Prompt tokens that an endpoint does not have yet because its load may not have grown so far. */
    double missingTokens(Endpoint endpoint) {
        return (1 - endpoint.loadShare()) * promptTokens;
    }
}
