package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Any endpoint with equal chance: a control. The same seed gives the same sequence of draws. */
public final class RandomPolicy implements RoutingPolicy {
    private final long seed;
    private final AtomicLong draw = new AtomicLong();

    public RandomPolicy(long seed) {
        this.seed = seed;
    }

    @Override
    public String name() {
        return "random";
    }

    @Override
    public @Nullable RoutingDecision choose(
            RoutingRequest request, EndpointSnapshot snapshot, Set<EndpointId> excluded) {
        List<Endpoint> endpoints = excluded.isEmpty()
                ? snapshot.selectable()
                : snapshot.selectable().stream()
                        .filter(endpoint -> !excluded.contains(endpoint.id()))
                        .toList();
        if (endpoints.isEmpty()) {
            return null;
        }
        // The draw depends on what was dispatched so far, not on how often somebody asked, so choosing stays pure.
        SplittableRandom random = new SplittableRandom(seed + draw.get());
        return RoutingDecision.byLoad(request, endpoints.get(random.nextInt(endpoints.size())));
    }

    @Override
    public void dispatched(RoutingDecision decision) {
        draw.incrementAndGet();
    }
}
