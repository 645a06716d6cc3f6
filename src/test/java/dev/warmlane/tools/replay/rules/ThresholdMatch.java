package dev.warmlane.tools.replay.rules;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.Matches;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PolicyFactory;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingRequest;
import java.util.Comparator;
import java.util.List;

/**
 * The endpoint that holds most of the prompt if that is at least 0.3 of it, unless one has 64 requests more than another;
 * else the least loaded.
 */
public final class ThresholdMatch implements Rule {
    private static final double THRESHOLD = 0.3;
    private static final int GAP_REQUESTS = 64;

    private final PolicyFactory parts;

    public ThresholdMatch(PolicyFactory parts) {
        this.parts = parts;
    }

    @Override
    public Endpoint pick(RoutingRequest request, List<Endpoint> endpoints) {
        InFlight inFlight = parts.inFlight();
        Endpoint least = Rule.least(inFlight, endpoints);
        int most = endpoints.stream()
                .mapToInt(endpoint -> inFlight.requests(endpoint.id()))
                .max()
                .orElse(0);
        Endpoint longest = endpoints.stream()
                .max(Comparator.comparingInt(endpoint -> matched(request, endpoint)))
                .orElseThrow();
        boolean balanced = most - inFlight.requests(least.id()) <= GAP_REQUESTS;
        return balanced
                        && matched(request, longest)
                                >= THRESHOLD * request.prompt().length()
                ? longest
                : least;
    }

    private int matched(RoutingRequest request, Endpoint endpoint) {
        return Matches.matchedBlocks(parts.index(), endpoint.id(), request.prompt());
    }

    @Override
    public void dispatched(RoutingDecision decision) {
        parts.index().insert(decision.endpoint().id(), decision.request().prompt());
    }
}
