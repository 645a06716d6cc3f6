package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives an endpoint on probation the next request that is bound to no other. Its cache is cold, so where prompts begin alike no
 * policy that looks at caches would choose it before the others are busy, and it would be out for as long as they are not.
 */
final class ProbationTrial {
    private ProbationTrial() {}

    /**
     * The decision that tries such an endpoint, or else the one that there is.
     *
     * @param decision what the policy chose among all; null where none can take the request
     */
    static @Nullable RoutingDecision instead(
            @Nullable RoutingDecision decision, RoutingPolicy policy, RoutingRequest request, RoutingView pool) {
        EndpointSnapshot snapshot = pool.snapshot();
        if (decision == null || isTied(decision) || snapshot.isPanic()) {
            return decision;
        }
        Set<EndpointId> others = new HashSet<>(request.unsuited());
        for (Endpoint endpoint : snapshot.endpoints()) {
            if (endpoint.state() != EndpointState.PROBATION || !endpoint.role().decodes()) {
                others.add(endpoint.id());
            }
        }
        RoutingDecision trial = policy.choose(request, pool, others);
        return trial == null ? decision : trial;
    }

    private static boolean isTied(RoutingDecision decision) {
        return decision.source().binds() && decision.outcome() != Outcome.PLACED;
    }
}
