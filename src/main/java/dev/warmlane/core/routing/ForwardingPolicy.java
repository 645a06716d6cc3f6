package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.KeySource;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Does what another policy does, but for what a subclass overrides. */
public class ForwardingPolicy implements RoutingPolicy {
    private final RoutingPolicy to;

    protected ForwardingPolicy(RoutingPolicy to) {
        this.to = to;
    }

    @Override
    public String name() {
        return to.name();
    }

    @Override
    public boolean readsPrompt(KeySource source) {
        return to.readsPrompt(source);
    }

    @Override
    public @Nullable RoutingDecision choose(
            RoutingRequest request, EndpointSnapshot snapshot, Set<EndpointId> excluded) {
        return to.choose(request, snapshot, excluded);
    }

    @Override
    public void dispatched(RoutingDecision decision) {
        to.dispatched(decision);
    }

    @Override
    public void accepted(RoutingDecision decision) {
        to.accepted(decision);
    }

    @Override
    public void failed(RoutingDecision decision) {
        to.failed(decision);
    }

    @Override
    public void delivered(RoutingDecision decision, UsageReport delivery) {
        to.delivered(decision, delivery);
    }

    @Override
    public void capacity(EndpointId endpoint, long tokens) {
        to.capacity(endpoint, tokens);
    }

    @Override
    public void reported(EndpointId endpoint, long requests) {
        to.reported(endpoint, requests);
    }

    @Override
    public void restarted(EndpointId endpoint) {
        to.restarted(endpoint);
    }

    @Override
    public void retire(EndpointId endpoint) {
        to.retire(endpoint);
    }
}
