package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A bound key goes to its endpoint for as long as that is selectable, whatever its load. Everything else is placed by
 * expected cost. Endpoints that are added take only new sessions.
 */
public final class StickyPolicy extends ForwardingPolicy {
    private final AffinityTable table;
    private final ExpectedCostPolicy placement;

    /** @param placement places what is not bound, and keeps the table of what is */
    public StickyPolicy(AffinityTable table, ExpectedCostPolicy placement) {
        super(placement);
        this.table = table;
        this.placement = placement;
    }

    @Override
    public String name() {
        return "sticky";
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
}
