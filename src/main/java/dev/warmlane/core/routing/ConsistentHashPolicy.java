package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.KeySource;
import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rendezvous hashing with bounded loads: a key goes to the first endpoint of its own preference order that is under the
 * bound. Nothing is bound and nothing is shared, yet replicas agree. Without a key the prompt decides.
 */
public final class ConsistentHashPolicy implements RoutingPolicy {
    private final InFlight inFlight;
    private final LoadBound bound;
    private final RoutingPolicy byPrompt;

    /**
     * @param bound the load above which an endpoint passes a key on to the next in its order
     * @param byPrompt decides where there is no other key than the prompt
     */
    public ConsistentHashPolicy(InFlight inFlight, LoadBound bound, RoutingPolicy byPrompt) {
        this.inFlight = inFlight;
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
    public @Nullable RoutingDecision choose(
            RoutingRequest request, EndpointSnapshot snapshot, Set<EndpointId> excluded) {
        if (request.key().source() == KeySource.PROMPT_PREFIX) {
            return byPrompt.choose(request, snapshot, excluded);
        }
        List<Endpoint> endpoints = snapshot.selectable();
        int capacity = bound.capacity(endpoints, inFlight);
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
            if (inFlight.requests(endpoint.id()) < capacity) {
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

    @Override
    public void dispatched(RoutingDecision decision) {
        if (decision.source() == KeySource.PROMPT_PREFIX) {
            byPrompt.dispatched(decision);
        }
    }

    @Override
    public void failed(RoutingDecision decision) {
        if (decision.source() == KeySource.PROMPT_PREFIX) {
            byPrompt.failed(decision);
        }
    }

    @Override
    public void delivered(RoutingDecision decision, UsageReport delivery) {
        byPrompt.delivered(decision, delivery);
    }

    @Override
    public void capacity(EndpointId endpoint, long tokens) {
        byPrompt.capacity(endpoint, tokens);
    }

    @Override
    public void reported(EndpointId endpoint, long requests) {
        byPrompt.reported(endpoint, requests);
    }

    @Override
    public void restarted(EndpointId endpoint) {
        byPrompt.restarted(endpoint);
    }

    @Override
    public void retire(EndpointId endpoint) {
        byPrompt.retire(endpoint);
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
