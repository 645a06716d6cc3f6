package dev.warmlane.tools.replay.rules;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.Matches;
import dev.warmlane.core.routing.PolicyFactory;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingRequest;
import java.util.Comparator;
import java.util.List;

/**
 * The least uncached tokens, then the fewest requests, by an index that hears of a prompt's blocks only once the engine has
 * computed them.
 */
public final class EventsAlone implements Rule {
    private final PolicyFactory parts;

    public EventsAlone(PolicyFactory parts) {
        this.parts = parts;
    }

    @Override
    public Endpoint pick(RoutingRequest request, List<Endpoint> endpoints) {
        return endpoints.stream()
                .max(Comparator.<Endpoint>comparingInt(
                                endpoint -> Matches.matchedBlocks(parts.index(), endpoint.id(), request.prompt()))
                        .thenComparingInt(endpoint -> -parts.inFlight().requests(endpoint.id())))
                .orElseThrow();
    }

    @Override
    public void accepted(RoutingDecision decision) {
        parts.index().insert(decision.endpoint().id(), decision.request().prompt());
    }
}
