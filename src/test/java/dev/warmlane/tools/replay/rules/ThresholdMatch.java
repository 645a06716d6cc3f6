package dev.warmlane.tools.replay.rules;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.routing.PoolLoad;
import dev.warmlane.core.routing.RoutingDecision.Remember;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.Comparator;
import java.util.List;

/**
 * The endpoint that holds most of the prompt if that is at least 0.3 of it, unless one has 64 requests more than another;
 * else the least loaded.
 */
public final class ThresholdMatch implements Rule {
    private static final double THRESHOLD = 0.3;
    private static final int GAP_REQUESTS = 64;

    @Override
    public Endpoint pick(RoutingRequest request, RoutingView pool, List<Endpoint> endpoints) {
        PoolLoad load = pool.load();
        Endpoint least = Rule.least(pool, endpoints);
        int most = endpoints.stream()
                .mapToInt(endpoint -> load.requests(endpoint.id()))
                .max()
                .orElse(0);
        Endpoint longest = endpoints.stream()
                .max(Comparator.comparingInt(endpoint -> Rule.matchedBlocks(request, pool, endpoint)))
                .orElseThrow();
        boolean balanced = most - load.requests(least.id()) <= GAP_REQUESTS;
        return balanced
                        && Rule.matchedBlocks(request, pool, longest)
                                >= THRESHOLD * request.prompt().length()
                ? longest
                : least;
    }

    @Override
    public Remember remember() {
        return Remember.PROMPT;
    }
}
