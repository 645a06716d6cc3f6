package dev.warmlane.tools.replay.rules;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision.Remember;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.List;

/** Sessions are bound to the endpoint that had the fewest requests when they began, and stay there. */
public class StickyTable implements Rule {
    @Override
    public Endpoint pick(RoutingRequest request, RoutingView pool, List<Endpoint> endpoints) {
        EndpointId bound = pool.boundEndpoint(request.key());
        return endpoints.stream()
                .filter(endpoint -> endpoint.id().equals(bound) && keeps(pool, endpoint, endpoints))
                .findFirst()
                .orElseGet(() -> Rule.least(pool, endpoints));
    }

    /** Whether a session may stay where it is bound. */
    boolean keeps(RoutingView pool, Endpoint bound, List<Endpoint> endpoints) {
        return true;
    }

    @Override
    public Remember remember() {
        return Remember.BINDING;
    }
}
