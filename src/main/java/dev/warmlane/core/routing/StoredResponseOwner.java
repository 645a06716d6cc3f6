package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sends a request about a stored response to the endpoint that made it, whatever that costs: the others do not have it. */
final class StoredResponseOwner {
    private StoredResponseOwner() {}

    /**
     * That endpoint, full or not; null where the request is about no response, or its endpoint is gone, takes nothing, or was
     * tried.
     */
    static @Nullable Endpoint of(RoutingRequest request, EndpointSnapshot snapshot, Set<EndpointId> tried) {
        EndpointId owner = request.owner();
        Endpoint endpoint = owner == null || tried.contains(owner) ? null : at(owner, snapshot);
        return endpoint != null
                        && (endpoint.state().acceptsBound()
                                || snapshot.selectable().contains(endpoint))
                ? endpoint
                : null;
    }

    /** A server keeps responses for all its ranks, so that any rank will do once it has another number of them. */
    private static @Nullable Endpoint at(EndpointId owner, EndpointSnapshot snapshot) {
        Endpoint same = snapshot.find(owner);
        List<Endpoint> there = same == null ? snapshot.atServerOf(owner) : List.of(same);
        return there.isEmpty() ? null : there.get(0);
    }

    /** The policy's decision for it. A session that is bound elsewhere stays so. */
    static @Nullable RoutingDecision decide(
            Endpoint owner,
            RoutingPolicy policy,
            RoutingRequest request,
            EndpointSnapshot snapshot,
            PoolMemory memory) {
        Set<EndpointId> others = new HashSet<>();
        for (Endpoint endpoint : snapshot.endpoints()) {
            if (!endpoint.equals(owner)) {
                others.add(endpoint.id());
            }
        }
        RoutingDecision decision = policy.choose(request, memory.view(snapshot), others);
        if (decision == null) {
            // It drains, so that it is offered only to what is bound to it.
            decision = policy.choose(request, memory.view(new EndpointSnapshot(List.of(owner))), Set.of());
        }
        return decision != null && decision.outcome() == Outcome.MOVED
                ? decision.withOutcome(Outcome.SPILLED)
                : decision;
    }
}
