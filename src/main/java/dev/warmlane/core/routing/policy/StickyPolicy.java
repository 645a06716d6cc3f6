package dev.warmlane.core.routing.policy;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A bound key goes to its endpoint for as long as that is selectable, whatever its load. Everything else is placed by
 * expected cost. Endpoints that are added take only new sessions.
 */
public final class StickyPolicy implements RoutingPolicy {
    private final ExpectedCostPolicy placement;

    /** @param placement places what is not bound */
    public StickyPolicy(ExpectedCostPolicy placement) {
        this.placement = placement;
    }

    @Override
    public String name() {
        return "sticky";
    }

    @Override
    public Promise promise() {
        return Promise.STAYS;
    }

    @Override
    public boolean readsPrompt(KeySource source) {
        return placement.readsPrompt(source);
    }

    @Override
    public @Nullable RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
        EndpointId bound = placement.boundEndpoint(request, pool);
        Endpoint endpoint = bound == null || excluded.contains(bound)
                ? null
                : pool.snapshot().find(bound);
        return endpoint != null && endpoint.state().acceptsBound()
                ? placement.stay(request, pool, endpoint)
                : placement.choose(request, pool, excluded);
    }
}
