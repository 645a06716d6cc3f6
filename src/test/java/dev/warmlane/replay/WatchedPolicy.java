package dev.warmlane.replay;

import dev.warmlane.routing.ForwardingPolicy;
import dev.warmlane.routing.RoutingDecision;
import dev.warmlane.routing.RoutingPolicy;
import java.util.function.Consumer;

/** A policy whose dispatched decisions somebody hears of. */
final class WatchedPolicy extends ForwardingPolicy {
    private final Consumer<RoutingDecision> onDispatch;

    WatchedPolicy(RoutingPolicy policy, Consumer<RoutingDecision> onDispatch) {
        super(policy);
        this.onDispatch = onDispatch;
    }

    @Override
    public void dispatched(RoutingDecision decision) {
        super.dispatched(decision);
        onDispatch.accept(decision);
    }
}
