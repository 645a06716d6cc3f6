package dev.warmlane.tools.replay.rules;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.PolicyFactory;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingRequest;
import java.util.List;

/** Sessions are bound to the endpoint that had the fewest requests when they began, and stay there. */
public class StickyTable implements Rule {
    final PolicyFactory parts;

    public StickyTable(PolicyFactory parts) {
        this.parts = parts;
    }

    @Override
    public Endpoint pick(RoutingRequest request, List<Endpoint> endpoints) {
        EndpointId bound = parts.table().peek(request.key());
        return endpoints.stream()
                .filter(endpoint -> endpoint.id().equals(bound) && keeps(endpoint, endpoints))
                .findFirst()
                .orElseGet(() -> Rule.least(parts.inFlight(), endpoints));
    }

    /** Whether a session may stay where it is bound. */
    boolean keeps(Endpoint home, List<Endpoint> endpoints) {
        return true;
    }

    @Override
    public void dispatched(RoutingDecision decision) {
        parts.table().bind(decision.request().key(), decision.endpoint().id());
    }
}
