package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Every endpoint in turn, blind to load and caches: the floor that every other policy has to beat. */
public final class RoundRobinPolicy implements RoutingPolicy {
    private final AtomicLong turn = new AtomicLong();

    @Override
    public String name() {
        return "round-robin";
    }

    @Override
    public @Nullable RoutingDecision choose(
            RoutingRequest request, EndpointSnapshot snapshot, Set<EndpointId> excluded) {
        List<Endpoint> endpoints = snapshot.selectable();
        long start = turn.get();
        for (int i = 0; i < endpoints.size(); i++) {
            Endpoint endpoint = endpoints.get((int) Math.floorMod(start + i, (long) endpoints.size()));
            if (!excluded.contains(endpoint.id())) {
                return RoutingDecision.byLoad(request, endpoint);
            }
        }
        return null;
    }

    @Override
    public void dispatched(RoutingDecision decision) {
        turn.incrementAndGet();
    }
}
