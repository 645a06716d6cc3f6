package dev.warmlane.core.routing.policy;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.LoadBound;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rendezvous hashing with bounded loads: a key goes to the first endpoint of its own preference order that is under the
 * bound. Nothing is bound and nothing is shared, yet replicas agree. Without a key the prompt decides.
 */
public final class ConsistentHashPolicy implements RoutingPolicy {
    private final LoadBound bound;
    private final ExpectedCostPolicy byPrompt;

    /**
     * @param bound the load above which an endpoint passes a key on to the next in its order
     * @param byPrompt decides where there is no other key than the prompt
     */
    public ConsistentHashPolicy(LoadBound bound, ExpectedCostPolicy byPrompt) {
        this.bound = bound;
        this.byPrompt = byPrompt;
    }

    @Override
    public String name() {
        return "consistent-hash";
    }

    @Override
    public boolean readsPrompt(KeySource source) {
        return source == KeySource.PROMPT_PREFIX;
    }

    @Override
    public @Nullable RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
        if (request.key().source() == KeySource.PROMPT_PREFIX) {
            return byPrompt.choose(request, pool, excluded);
        }
        List<Endpoint> endpoints = pool.snapshot().selectable();
        int capacity = bound.capacity(endpoints, pool.load());
        Preferred preferred = new Preferred();
        Preferred underBound = new Preferred();
        Preferred untried = new Preferred();
        for (Endpoint endpoint : endpoints) {
            long weight = RendezvousHash.weight(request.key().hash(), endpoint.id());
            preferred.offer(endpoint, weight);
            if (excluded.contains(endpoint.id())) {
                continue;
            }
            untried.offer(endpoint, weight);
            if (pool.load().requests(endpoint.id()) < capacity) {
                underBound.offer(endpoint, weight);
            }
        }
        // All that are left can be over the bound only when others were tried; then the order alone decides.
        Endpoint chosen = underBound.endpoint != null ? underBound.endpoint : untried.endpoint;
        if (chosen == null) {
            return null;
        }
        return RoutingDecision.byKey(
                request, chosen, chosen.equals(preferred.endpoint) ? Outcome.BOUND : Outcome.SPILLED);
    }

    /** The endpoint of the highest weight offered. */
    private static final class Preferred {
        private @Nullable Endpoint endpoint;
        private long weight;

        void offer(Endpoint candidate, long candidateWeight) {
            if (endpoint == null || candidateWeight > weight) {
                endpoint = candidate;
                weight = candidateWeight;
            }
        }
    }
}
