package dev.warmlane.tools.replay;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.Set;
import java.util.function.Consumer;

/** A policy whose choices somebody hears of; a replay takes each of them, once. */
record WatchedPolicy(RoutingPolicy policy, Consumer<RoutingDecision> onChoice) implements RoutingPolicy {
    @Override
    public String name() {
        return policy.name();
    }

    @Override
    public RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
        RoutingDecision decision = policy.choose(request, pool, excluded);
        onChoice.accept(decision);
        return decision;
    }
}
