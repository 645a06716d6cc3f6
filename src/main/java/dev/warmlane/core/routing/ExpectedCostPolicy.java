package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.KeySource;
import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.endpoint.EndpointState;
import dev.warmlane.core.prefix.PrefixIndex;
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
    private final AffinityTable table;
    private final PromptCosts costs;

    /** @param blockSizeBytes size of the blocks of the index and of all prompts */
    public ExpectedCostPolicy(
            CostParameters parameters,
            AffinityTable table,
            PrefixIndex index,
            int blockSizeBytes,
            InFlight inFlight,
            PoolAverages averages) {
        this.parameters = parameters;
        this.table = table;
        this.costs = new PromptCosts(parameters, index, blockSizeBytes, inFlight, averages);
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
    public @Nullable RoutingDecision choose(
            RoutingRequest request, EndpointSnapshot snapshot, Set<EndpointId> excluded) {
        AffinityKey key = request.key();
        EndpointId bound = key.source().binds() ? table.peek(key) : null;
        Endpoint home = bound == null ? null : snapshot.find(bound);
        List<Endpoint> endpoints = snapshot.selectable();
        if (home != null && home.state() == EndpointState.DRAINING && !endpoints.contains(home)) {
            endpoints = new ArrayList<>(endpoints);
            endpoints.add(home);
        }
        List<Candidate> candidates = costs.candidates(request, endpoints, excluded, bound, stickiness(key));
        Candidate best = best(candidates, key);
        if (best == null) {
            return null;
        }
        return costs.decision(
                request,
                best,
                candidates,
                outcome(best, candidates, key, bound == null ? Outcome.PLACED : elsewhere(home, excluded)));
    }

    /** The decision to stay with the endpoint that the key is bound to, whatever the others would cost. */
    RoutingDecision stay(RoutingRequest request, Endpoint home) {
        List<Candidate> candidates = costs.candidates(request, List.of(home), Set.of(), home.id(), 0);
        return costs.decision(request, candidates.get(0), candidates, Outcome.BOUND);
    }

    @Override
    public void dispatched(RoutingDecision decision) {
        AffinityKey key = decision.request().key();
        if (key.source().binds() && decision.outcome() != Outcome.SPILLED) {
            table.bind(key, decision.endpoint().id());
        }
        costs.dispatched(decision);
    }

    @Override
    public void accepted(RoutingDecision decision) {
        table.touch(decision.request().key());
    }

    @Override
    public void failed(RoutingDecision decision) {
        if (decision.outcome() == Outcome.PLACED || decision.outcome() == Outcome.MOVED) {
            table.release(decision.request().key(), decision.endpoint().id());
        }
        costs.failed(decision);
    }

    @Override
    public void delivered(RoutingDecision decision, UsageReport delivery) {
        costs.delivered(decision, delivery);
    }

    @Override
    public void capacity(EndpointId endpoint, long tokens) {
        costs.capacity(endpoint, tokens);
    }

    @Override
    public void reported(EndpointId endpoint, long requests) {
        costs.reported(endpoint, requests);
    }

    @Override
    public void restarted(EndpointId endpoint) {
        costs.restarted(endpoint);
    }

    @Override
    public void retire(EndpointId endpoint) {
        table.releaseAll(endpoint);
        costs.retire(endpoint);
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
     * blocks; but while its home is only suspended, it comes back to what is cached there.
     */
    private static Outcome elsewhere(@Nullable Endpoint home, Set<EndpointId> excluded) {
        boolean waits = home != null && home.state().keepsBindings() && !excluded.contains(home.id());
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
