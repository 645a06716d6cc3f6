package dev.warmlane.replay;

import dev.warmlane.endpoint.EndpointId;
import dev.warmlane.endpoint.EndpointSnapshot;
import dev.warmlane.routing.Delivery;
import dev.warmlane.routing.RoutingDecision;
import dev.warmlane.routing.RoutingPolicy;
import dev.warmlane.routing.RoutingRequest;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A policy whose dispatched decisions somebody hears of. */
record WatchedPolicy(RoutingPolicy policy, Consumer<RoutingDecision> onDispatch) implements RoutingPolicy {
    @Override
    public String name() {
        return policy.name();
    }

    @Override
    public @Nullable RoutingDecision choose(
            RoutingRequest request, EndpointSnapshot snapshot, Set<EndpointId> excluded) {
        return policy.choose(request, snapshot, excluded);
    }

    @Override
    public void dispatched(RoutingDecision decision) {
        policy.dispatched(decision);
        onDispatch.accept(decision);
    }

    @Override
    public void accepted(RoutingDecision decision) {
        policy.accepted(decision);
    }

    @Override
    public void failed(RoutingDecision decision) {
        policy.failed(decision);
    }

    @Override
    public void delivered(RoutingDecision decision, Delivery delivery) {
        policy.delivered(decision, delivery);
    }

    @Override
    public void retire(EndpointId endpoint) {
        policy.retire(endpoint);
    }
}
