package dev.warmlane.core.routing.policy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Any endpoint with equal chance: a control. Pools of the same seed draw the same sequence. */
public final class RandomPolicy implements RoutingPolicy {

    @Override
    public String name() {
        return "random";
    }

    @Override
    public @Nullable RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
        List<Endpoint> selectable = pool.snapshot().selectable();
        List<Endpoint> endpoints = excluded.isEmpty()
                ? selectable
                : selectable.stream()
                        .filter(endpoint -> !excluded.contains(endpoint.id()))
                        .toList();
        if (endpoints.isEmpty()) {
            return null;
        }
        // The draw depends on what was dispatched so far, not on how often somebody asked, so choosing stays pure.
        SplittableRandom random = new SplittableRandom(pool.seed() + pool.dispatches());
        return RoutingDecision.byLoad(request, endpoints.get(random.nextInt(endpoints.size())));
    }
}
