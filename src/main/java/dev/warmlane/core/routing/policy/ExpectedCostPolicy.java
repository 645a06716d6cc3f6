package dev.warmlane.core.routing.policy;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
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
 *   cost(e) = P(e) + D(e) + W(u, L) * (kappa + beta * n(e)) + lambda * (R(e) + L) - [key bound to e] * H
 * </pre>
 * the wait behind what e is computing and behind whatever else has first tokens come late there, the computing of what e does not hold
 * with the delay that this means for the others there, and the decoding that the prompts in flight slow down. A key that is bound stays
 * unless waiting there costs H more than elsewhere. No scraped gauge is in it: they are seconds old. Costs that are close count as
 * equal; then the bound endpoint decides, else the highest rendezvous weight. Where a session begins, {@link FirstTurns} has a say.
 */
public final class ExpectedCostPolicy implements RoutingPolicy {
    private final CostParameters parameters;

    /** A policy with these constants. */
    public ExpectedCostPolicy(CostParameters parameters) {
        this.parameters = parameters;
    }

    @Override
    public String name() {
        return "expected-cost";
    }

    @Override
    public Promise promise() {
        return Promise.MOVES_AT_A_GAIN;
    }

    @Override
    public boolean readsPrompt(KeySource source) {
        return true;
    }

    @Override
    public @Nullable RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
        List<Endpoint> endpoints = pool.snapshot().selectable();
        PrefixMatch match = pool.match(request.prompt(), endpoints);
        EndpointId bound = pool.boundEndpoint(request, match.mostBlocks());
        Endpoint boundEndpoint = bound == null ? null : pool.snapshot().find(bound);
        if (boundEndpoint != null
                && boundEndpoint.state() == EndpointState.DRAINING
                && !endpoints.contains(boundEndpoint)) {
            endpoints = new ArrayList<>(endpoints);
            endpoints.add(boundEndpoint);
            match = pool.match(request.prompt(), endpoints);
        }
        KeySource source = decisive(request, bound);
        List<Candidate> candidates = new PromptCosts(
                        parameters, request, pool, endpoints, match, excluded, bound, stickiness(source, pool))
                .candidates();
        PrefillLegs legs = pool.snapshot().hasRoles() ? new PrefillLegs(parameters, request, pool, excluded) : null;
        if (legs != null) {
            candidates = legs.ways(candidates);
        }
        EndpointId hint = source.isShared() && bound == null ? pool.boundEndpoint(request.key()) : null;
        Candidate best = best(legs == null ? candidates : legs.cheaper(candidates), request, source, hint);
        if (best == null) {
            return null;
        }
        boolean begins = bound == null && source.binds() && request.prompt().length() > 0;
        if (begins && legs == null) {
            best = FirstTurns.place(best, candidates, request.prompt(), pool);
        }
        Outcome elsewhere = bound == null ? Outcome.PLACED : elsewhere(boundEndpoint, excluded);
        Outcome outcome = outcome(best, candidates, source, elsewhere);
        if (hint != null) {
            // Nothing but the key is known of it, and that keeps its endpoint.
            outcome = best.endpoint().id().equals(hint) ? Outcome.BOUND : Outcome.SPILLED;
        }
        RoutingDecision decision = PromptCosts.decision(request, pool, best, candidates, source, outcome);
        return legs == null ? decision : legs.decision(decision, best);
    }

    /** The endpoint that a request is bound to; null if there is none. */
    @Nullable
    EndpointId boundEndpoint(RoutingRequest request, RoutingView pool) {
        int held = request.keyIsHint()
                ? pool.match(request.prompt(), pool.snapshot().endpoints()).mostBlocks()
                : 0;
        return pool.boundEndpoint(request, held);
    }

    /** The decision to stay with the endpoint that the key is bound to, whatever the others would cost. */
    RoutingDecision stay(RoutingRequest request, RoutingView pool, Endpoint bound) {
        List<Endpoint> alone = List.of(bound);
        PrefixMatch match = pool.match(request.prompt(), alone);
        List<Candidate> candidates =
                new PromptCosts(parameters, request, pool, alone, match, Set.of(), bound.id(), 0).candidates();
        return PromptCosts.decision(
                request, pool, candidates.get(0), candidates, request.key().source(), Outcome.BOUND);
    }

    /** The key that decides: where the key is but a hint, and the prompt goes on after none of its own, the prompt. */
    private static KeySource decisive(RoutingRequest request, @Nullable EndpointId bound) {
        return request.keyIsHint() && bound == null && request.prompt().length() > 0
                ? KeySource.PROMPT_PREFIX
                : request.key().source();
    }

    /** In prefill tokens of an average endpoint. */
    private double stickiness(KeySource source, RoutingView pool) {
        double most = parameters.stayForSeconds() / pool.speeds().secondsPerToken();
        return source == KeySource.CLIENT_IP ? most * parameters.clientIpStickiness() : most;
    }

    private @Nullable Candidate best(
            List<Candidate> candidates, RoutingRequest request, KeySource source, @Nullable EndpointId hint) {
        double least = Double.POSITIVE_INFINITY;
        for (Candidate candidate : candidates) {
            least = Math.min(least, candidate.cost());
        }
        // A request without a key gains nothing from going where its like went, so it takes the cheapest.
        double tie = source == KeySource.NONE ? 0 : parameters.tieTokens();
        PromptBlocks prompt = request.prompt();
        // What many share would send all that is new the same way.
        long hash = request.keyIsHint() && prompt.length() > 0
                ? prompt.hash(prompt.length() - 1)
                : request.key().hash();
        Candidate best = null;
        long bestWeight = 0;
        for (Candidate candidate : candidates) {
            if (candidate.cost() > least + tie) {
                continue;
            }
            boolean hintedHere =
                    candidate.cost() == least && candidate.endpoint().id().equals(hint);
            if (candidate.bound() || hintedHere) {
                return candidate;
            }
            long weight = RendezvousHash.weight(hash, candidate.endpoint().id());
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
    private static Outcome outcome(Candidate best, List<Candidate> candidates, KeySource source, Outcome elsewhere) {
        if (source.binds()) {
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

    /**
     * A bound key goes to its endpoint for as long as that is selectable, whatever its load. Everything else is placed by
     * expected cost. Endpoints that are added take only new sessions.
     */
    public static final class StickyPolicy implements RoutingPolicy {
        private final ExpectedCostPolicy placement;

        /** @param placement places what is not bound */
        public StickyPolicy(ExpectedCostPolicy placement) {
            this.placement = placement;
        }

        @Override
        public String name() {
            return "sticky";
        }

        @Override
        public Promise promise() {
            return Promise.STAYS;
        }

        @Override
        public boolean readsPrompt(KeySource source) {
            return placement.readsPrompt(source);
        }

        @Override
        public @Nullable RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
            EndpointId bound = placement.boundEndpoint(request, pool);
            Endpoint endpoint = bound == null || excluded.contains(bound)
                    ? null
                    : pool.snapshot().find(bound);
            return endpoint != null && endpoint.state().acceptsBound()
                    ? placement.stay(request, pool, endpoint)
                    : placement.choose(request, pool, excluded);
        }
    }
}
