package dev.warmlane.tools.replay.rules;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.Outcome;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.tools.replay.load.LoadRequest;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** A routing rule that looks at the selectable endpoints and picks one; nothing here fails over. */
interface Rule extends RoutingPolicy {

    /** @param endpoints at least one */
    Endpoint pick(RoutingRequest request, List<Endpoint> endpoints);

    @Override
    default String name() {
        return getClass().getSimpleName();
    }

    @Override
    default RoutingDecision choose(RoutingRequest request, EndpointSnapshot snapshot, Set<EndpointId> excluded) {
        Endpoint picked = pick(request, snapshot.selectable());
        return new RoutingDecision(
                request,
                picked,
                request.key().source(),
                Outcome.PLACED,
                request.prompt().bytes() / LoadRequest.BYTES_PER_TOKEN,
                uncachedTokens(request, picked),
                0,
                List.of());
    }

    /** What counts as being computed at the endpoint until the first byte; rules that do not look at that need not say. */
    default long uncachedTokens(RoutingRequest request, Endpoint endpoint) {
        return 0;
    }

    /** The endpoint with the fewest requests, the first of several. */
    static Endpoint least(InFlight inFlight, List<Endpoint> endpoints) {
        return endpoints.stream()
                .min(Comparator.comparingInt(endpoint -> inFlight.requests(endpoint.id())))
                .orElseThrow();
    }
}
