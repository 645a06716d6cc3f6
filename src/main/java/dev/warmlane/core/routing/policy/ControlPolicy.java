package dev.warmlane.core.routing.policy;

import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Policies that look at no cache, to compare with. */
public final class ControlPolicy implements RoutingPolicy {
    /** Every endpoint in turn, blind to load: the floor that every other policy has to beat. */
    public static final RoutingPolicy ROUND_ROBIN = new ControlPolicy("round-robin", ControlPolicy::next);

    /** Any endpoint with equal chance. Pools of the same seed draw the same sequence. */
    public static final RoutingPolicy RANDOM = new ControlPolicy("random", ControlPolicy::any);

    /** The endpoint with the fewest requests in flight; ties fall differently for each request. */
    public static final RoutingPolicy LEAST_REQUESTS = new ControlPolicy("least-requests", ControlPolicy::leastBusy);

    private final String name;
    private final BiFunction<RoutingView, Set<EndpointId>, @Nullable Endpoint> pick;

    private ControlPolicy(String name, BiFunction<RoutingView, Set<EndpointId>, @Nullable Endpoint> pick) {
        this.name = name;
        this.pick = pick;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public @Nullable RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
        Endpoint endpoint = pick.apply(pool, excluded);
        return endpoint == null ? null : RoutingDecision.byLoad(request, endpoint);
    }

    private static @Nullable Endpoint next(RoutingView pool, Set<EndpointId> excluded) {
        List<Endpoint> endpoints = pool.snapshot().selectable();
        long start = pool.dispatches();
        for (int i = 0; i < endpoints.size(); i++) {
            Endpoint endpoint = endpoints.get((int) Math.floorMod(start + i, (long) endpoints.size()));
            if (!excluded.contains(endpoint.id())) {
                return endpoint;
            }
        }
        return null;
    }

    private static @Nullable Endpoint any(RoutingView pool, Set<EndpointId> excluded) {
        List<Endpoint> endpoints = pool.snapshot().selectable().stream()
                .filter(endpoint -> !excluded.contains(endpoint.id()))
                .toList();
        // The draw depends on what was dispatched so far, not on how often somebody asked, so choosing stays pure.
        SplittableRandom random = new SplittableRandom(pool.seed() + pool.dispatches());
        return endpoints.isEmpty() ? null : endpoints.get(random.nextInt(endpoints.size()));
    }

    private static @Nullable Endpoint leastBusy(RoutingView pool, Set<EndpointId> excluded) {
        long turn = pool.dispatches();
        Endpoint best = null;
        int bestRequests = Integer.MAX_VALUE;
        long bestWeight = Long.MIN_VALUE;
        for (Endpoint endpoint : pool.snapshot().selectable()) {
            if (excluded.contains(endpoint.id())) {
                continue;
            }
            int requests = pool.load().requests(endpoint.id());
            long weight = RendezvousHash.weight(turn, endpoint.id());
            if (best == null || requests < bestRequests || (requests == bestRequests && weight > bestWeight)) {
                best = endpoint;
                bestRequests = requests;
                bestWeight = weight;
            }
        }
        return best;
    }
}
