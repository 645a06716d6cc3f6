package dev.warmlane.core.routing.policy;

import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The endpoint with the fewest requests in flight, blind to caches; ties fall differently for each request. */
public final class LeastRequestsPolicy implements RoutingPolicy {

    @Override
    public String name() {
        return "least-requests";
    }

    @Override
    public @Nullable RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
        long turn = pool.dispatches();
        Endpoint best = null;
        int bestRequests = Integer.MAX_VALUE;
        long bestWeight = Long.MIN_VALUE;
        for (Endpoint endpoint : pool.snapshot().selectable()) {
            if (excluded.contains(endpoint.id())) {
                continue;
            }
            int requests = pool.load().requests(endpoint.id());
            long weight = RendezvousHash.weight(turn, endpoint.id());
            if (best == null || requests < bestRequests || (requests == bestRequests && weight > bestWeight)) {
                best = endpoint;
                bestRequests = requests;
                bestWeight = weight;
            }
        }
        return best == null ? null : RoutingDecision.byLoad(request, best);
    }
}
