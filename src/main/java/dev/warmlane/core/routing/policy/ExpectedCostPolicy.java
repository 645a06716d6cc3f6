package dev.warmlane.core.routing.policy;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.KeySource;
import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointState;
import dev.warmlane.core.routing.Candidate;
import dev.warmlane.core.routing.Outcome;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Each request goes where it costs least, in prefill tokens:
 * <pre>
 *   cost(e) = P(e) + W(u, L) * (kappa + beta * n(e)) + lambda * (R(e) + L) - [key bound to e] * H
 * </pre>
 * the wait behind what e is computing, the computing of what e does not hold with the delay that this means for the others
 * there, and the decoding that the prompts in flight slow down. A key that is bound stays unless waiting there costs H more
 * than elsewhere. No scraped gauge is in it: they are seconds old. Costs that are close count as equal; then the bound
 * endpoint decides, else the highest rendezvous weight.
 */
public final class ExpectedCostPolicy implements RoutingPolicy {
    private final CostParameters parameters;
    private final PromptCosts costs;

    public ExpectedCostPolicy(CostParameters parameters) {
        this.parameters = parameters;
        this.costs = new PromptCosts(parameters);
    }

    @Override
    public String name() {
        return "expected-cost";
    }

    @Override
    public boolean readsPrompt(KeySource source) {
        return true;
    }

    @Override
    public @Nullable RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
        AffinityKey key = request.key();
        EndpointId bound = pool.boundEndpoint(key);
        Endpoint boundEndpoint = bound == null ? null : pool.snapshot().find(bound);
        List<Endpoint> endpoints = pool.snapshot().selectable();
        if (boundEndpoint != null
                && boundEndpoint.state() == EndpointState.DRAINING
                && !endpoints.contains(boundEndpoint)) {
            endpoints = new ArrayList<>(endpoints);
            endpoints.add(boundEndpoint);
        }
        List<Candidate> candidates = costs.candidates(request, pool, endpoints, excluded, bound, stickiness(key));
        Candidate best = best(candidates, key);
        if (best == null) {
            return null;
        }
        return costs.decision(
                request,
                pool,
                best,
                candidates,
                outcome(best, candidates, key, bound == null ? Outcome.PLACED : elsewhere(boundEndpoint, excluded)));
    }

    /** The decision to stay with the endpoint that the key is bound to, whatever the others would cost. */
    RoutingDecision stay(RoutingRequest request, RoutingView pool, Endpoint bound) {
        List<Candidate> candidates = costs.candidates(request, pool, List.of(bound), Set.of(), bound.id(), 0);
        return costs.decision(request, pool, candidates.get(0), candidates, Outcome.BOUND);
    }

    private double stickiness(AffinityKey key) {
        return key.source() == KeySource.CLIENT_IP
                ? parameters.stickinessTokens() * parameters.clientIpStickiness()
                : parameters.stickinessTokens();
    }

    private @Nullable Candidate best(List<Candidate> candidates, AffinityKey key) {
        double least = Double.POSITIVE_INFINITY;
        for (Candidate candidate : candidates) {
            least = Math.min(least, candidate.cost());
        }
        // A request without a key gains nothing from going where its like went, so it takes the cheapest.
        double tie = key.source() == KeySource.NONE ? 0 : parameters.tieTokens();
        Candidate best = null;
        long bestWeight = 0;
        for (Candidate candidate : candidates) {
            if (candidate.cost() > least + tie) {
                continue;
            }
            if (candidate.bound()) {
                return candidate;
            }
            long weight = RendezvousHash.weight(key.hash(), candidate.endpoint().id());
            if (best == null || weight > bestWeight) {
                best = candidate;
                bestWeight = weight;
            }
        }
        return best;
    }

    /**
     * What becomes of a bound session that goes elsewhere. It moves there, because that is where its next turn finds its
     * blocks; but while that endpoint is only suspended, it comes back to what is cached there.
     */
    private static Outcome elsewhere(@Nullable Endpoint bound, Set<EndpointId> excluded) {
        boolean waits = bound != null && bound.state().keepsBindings() && !excluded.contains(bound.id());
        return waits ? Outcome.SPILLED : Outcome.MOVED;
    }

    /** @param elsewhere the outcome for a session that does not go where it is bound */
    private static Outcome outcome(Candidate best, List<Candidate> candidates, AffinityKey key, Outcome elsewhere) {
        if (key.source().binds()) {
            return best.bound() ? Outcome.BOUND : elsewhere;
        }
        long longest = 0;
        for (Candidate candidate : candidates) {
            longest = Math.max(longest, candidate.matchedTokens());
        }
        if (longest == 0) {
            return Outcome.PLACED;
        }
        return best.matchedTokens() == longest ? Outcome.BOUND : Outcome.SPILLED;
    }
}
