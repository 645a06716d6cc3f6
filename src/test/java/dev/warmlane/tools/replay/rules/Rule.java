package dev.warmlane.tools.replay.rules;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingDecision.Remember;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** A routing rule that looks at the selectable endpoints and picks one; nothing here fails over. */
interface Rule extends RoutingPolicy {

    /** @param endpoints at least one */
    Endpoint pick(RoutingRequest request, RoutingView pool, List<Endpoint> endpoints);

    @Override
    default String name() {
        return getClass().getSimpleName();
    }

    @Override
    default RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
        Endpoint picked = pick(request, pool, pool.snapshot().selectable());
        return new RoutingDecision(
                request,
                picked,
                request.key().source(),
                Outcome.PLACED,
                request.prompt().bytes() / LoadRequest.BYTES_PER_TOKEN,
                uncachedTokens(request, pool, picked),
                0,
                List.of(),
                remember(),
                null,
                null);
    }

    /** What counts as being computed at the endpoint until the first byte; rules that do not look at that need not say. */
    default long uncachedTokens(RoutingRequest request, RoutingView pool, Endpoint endpoint) {
        return 0;
    }

    /** What the pool remembers of each decision; rules that do not look at that need not say. */
    default Remember remember() {
        return Remember.NOTHING;
    }

    /** The endpoint with the fewest requests, the first of several. */
    static Endpoint least(RoutingView pool, List<Endpoint> endpoints) {
        return endpoints.stream()
                .min(Comparator.comparingInt(endpoint -> pool.load().requests(endpoint.id())))
                .orElseThrow();
    }

    /** Leading blocks of the prompt that the endpoint is predicted to hold. */
    static int matchedBlocks(RoutingRequest request, RoutingView pool, Endpoint endpoint) {
        return pool.match(request.prompt(), List.of(endpoint)).matchedBlocks(0);
    }
}
