package dev.warmlane.routing;

import dev.warmlane.affinity.AffinityKey;
import dev.warmlane.affinity.AffinityTable;
import dev.warmlane.affinity.KeySource;
import dev.warmlane.endpoint.Endpoint;
import dev.warmlane.endpoint.EndpointId;
import dev.warmlane.endpoint.EndpointSnapshot;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A bound key goes to its endpoint for as long as that is selectable, whatever its load. Everything else is placed by
 * expected cost. Endpoints that are added take only new sessions.
 */
public final class StickyPolicy implements RoutingPolicy {
    private final AffinityTable table;
    private final ExpectedCostPolicy placement;

    /** @param placement places what is not bound, and keeps the table of what is */
    public StickyPolicy(AffinityTable table, ExpectedCostPolicy placement) {
        this.table = table;
        this.placement = placement;
    }

    @Override
    public String name() {
        return "sticky";
    }

    @Override
    public boolean readsPrompt(KeySource source) {
        return true;
    }

    @Override
    public @Nullable RoutingDecision choose(
            RoutingRequest request, EndpointSnapshot snapshot, Set<EndpointId> excluded) {
        AffinityKey key = request.key();
        EndpointId bound = key.source().binds() ? table.peek(key) : null;
        Endpoint home = bound == null || excluded.contains(bound) ? null : snapshot.find(bound);
        if (home == null || !home.state().acceptsBound()) {
            return placement.choose(request, snapshot, excluded);
        }
        return placement.stay(request, home);
    }

    @Override
    public void dispatched(RoutingDecision decision) {
        placement.dispatched(decision);
    }

    @Override
    public void accepted(RoutingDecision decision) {
        placement.accepted(decision);
    }

    @Override
    public void failed(RoutingDecision decision) {
        placement.failed(decision);
    }

    @Override
    public void delivered(RoutingDecision decision, Delivery delivery) {
        placement.delivered(decision, delivery);
    }

    @Override
    public void capacity(EndpointId endpoint, long tokens) {
        placement.capacity(endpoint, tokens);
    }

    @Override
    public void reported(EndpointId endpoint, long requests) {
        placement.reported(endpoint, requests);
    }

    @Override
    public void retire(EndpointId endpoint) {
        placement.retire(endpoint);
    }
}
