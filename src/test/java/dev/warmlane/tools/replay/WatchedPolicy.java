package dev.warmlane.tools.replay;

import dev.warmlane.core.routing.ForwardingPolicy;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingPolicy;
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
