package dev.warmlane.core.routing.policy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Every endpoint in turn, blind to load and caches: the floor that every other policy has to beat. */
public final class RoundRobinPolicy implements RoutingPolicy {

    @Override
    public String name() {
        return "round-robin";
    }

    @Override
    public @Nullable RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
        List<Endpoint> endpoints = pool.snapshot().selectable();
        long start = pool.dispatches();
        for (int i = 0; i < endpoints.size(); i++) {
            Endpoint endpoint = endpoints.get((int) Math.floorMod(start + i, (long) endpoints.size()));
            if (!excluded.contains(endpoint.id())) {
                return RoutingDecision.byLoad(request, endpoint);
            }
        }
        return null;
    }
}
