package dev.warmlane.tools.replay.rules;

import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.Comparator;
import java.util.List;

/** The endpoint that the hash of the prompt's first block prefers. */
public final class FirstBlockHash implements Rule {
    @Override
    public Endpoint pick(RoutingRequest request, RoutingView pool, List<Endpoint> endpoints) {
        long first = request.prompt().hash(0);
        return endpoints.stream()
                .max(Comparator.comparingLong(endpoint -> RendezvousHash.weight(first, endpoint.id())))
                .orElseThrow();
    }
}
