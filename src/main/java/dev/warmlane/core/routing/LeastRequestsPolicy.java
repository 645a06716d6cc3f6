package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The endpoint with the fewest requests in flight, blind to caches; ties fall differently for each request. */
public final class LeastRequestsPolicy implements RoutingPolicy {
    private final LeastLoaded leastLoaded;
    private final AtomicLong turn = new AtomicLong();

    public LeastRequestsPolicy(InFlight inFlight) {
        this.leastLoaded = new LeastLoaded(inFlight);
    }

    @Override
    public String name() {
        return "least-requests";
    }

    @Override
    public @Nullable RoutingDecision choose(
            RoutingRequest request, EndpointSnapshot snapshot, Set<EndpointId> excluded) {
        Endpoint endpoint = leastLoaded.choose(snapshot.selectable(), excluded, turn.get());
        return endpoint == null ? null : RoutingDecision.byLoad(request, endpoint);
    }

    @Override
    public void dispatched(RoutingDecision decision) {
        turn.incrementAndGet();
    }
}
