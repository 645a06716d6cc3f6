package dev.warmlane.core.routing.policy;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Rules of other routers, to compare with. They see what ours sees, the index and this gateway's own counts, which is more and newer
 * than the gauges that most of them read.
 */
public final class PeerPolicy implements RoutingPolicy {
    private final String name;
    private final Rule rule;
    private final CostParameters parameters;

    PeerPolicy(String name, Rule rule, CostParameters parameters) {
        this.name = name;
        this.rule = rule;
        this.parameters = parameters;
    }

    /** Orders candidates; the smallest wins. */
    @FunctionalInterface
    interface Rule {
        /** What each of the candidates, at least one, is worth for a prompt of so many tokens. */
        ToDoubleFunction<Candidate> order(List<Candidate> candidates, long promptTokens, RoutingView pool);
    }

    /**
     * Uncached tokens times requests: the product of what the request adds to prefill and of the batch that it joins needs no weights
     * (LMetric, "Multiplication May Be All You Need for LLM Request Scheduling").
     */
    static PeerPolicy lmetric(CostParameters parameters) {
        return new PeerPolicy(
                "lmetric",
                (candidates, tokens, pool) -> candidate ->
                        (double) (candidate.prefillTokens() + candidate.uncachedTokens()) * (candidate.requests() + 1),
                parameters);
    }

    /**
     * The longest match if it is a share of the prompt, unless loads differ too much; else the fewest requests: cache_aware of
     * SGLang's router, but that it then takes the endpoint with the smallest tree.
     *
     * @param threshold that share
     * @param gapRequests by which the most and the fewest requests may differ
     * @param gapFactor or by which factor
     */
    static PeerPolicy prefixThreshold(
            double threshold, double gapRequests, double gapFactor, CostParameters parameters) {
        Rule rule = (candidates, tokens, pool) -> {
            int most = 0;
            int fewest = Integer.MAX_VALUE;
            long longest = 0;
            for (Candidate candidate : candidates) {
                most = Math.max(most, candidate.requests());
                fewest = Math.min(fewest, candidate.requests());
                longest = Math.max(longest, candidate.matchedTokens());
            }
            boolean uneven = most - fewest > gapRequests && most > gapFactor * fewest;
            return uneven || longest <= threshold * tokens
                    ? Candidate::requests
                    : candidate -> -candidate.matchedTokens();
        };
        return new PeerPolicy("prefix-threshold", rule, parameters);
    }

    /**
     * The bound endpoint, else the longest match, among those that are not saturated; else the fewest requests: affinity with a
     * saturation filter before it, as in llm-d's scheduler. Saturated are caches that are full, and queues.
     *
     * @param cacheShare of the cache that prompts in flight may fill
     * @param waitingPrompts average prompts that may wait for their first token
     */
    static PeerPolicy stickyUntilSaturated(double cacheShare, double waitingPrompts, CostParameters parameters) {
        Rule rule = (candidates, tokens, pool) -> {
            double bytesPerToken = pool.averages().bytesPerToken();
            double waiting = waitingPrompts * pool.averages().promptTokens();
            return candidate -> {
                double capacity = pool.capacityBytes(candidate.endpoint().id()) / bytesPerToken;
                boolean saturated =
                        candidate.promptTokens() > cacheShare * capacity || candidate.prefillTokens() > waiting;
                if (saturated) {
                    return 1.0 + candidate.requests();
                }
                return candidate.bound() ? Double.NEGATIVE_INFINITY : -candidate.matchedTokens();
            };
        };
        return new PeerPolicy("sticky-until-saturated", rule, parameters);
    }

    @Override
    public String name() {
        return name;
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
        List<Candidate> candidates =
                new PromptCosts(parameters, request, pool, endpoints, match, excluded, bound, 0).candidates();
        if (candidates.isEmpty()) {
            return null;
        }
        Candidate best = best(request, pool, candidates);
        Outcome outcome = bound == null ? Outcome.PLACED : best.bound() ? Outcome.BOUND : Outcome.MOVED;
        return PromptCosts.decision(
                request, pool, best, candidates, request.key().source(), outcome);
    }

    /** Of those that are worth the same, the one with the fewest requests, then the highest rendezvous weight. */
    private Candidate best(RoutingRequest request, RoutingView pool, List<Candidate> candidates) {
        long tokens = (long) (request.prompt().bytes() / pool.averages().bytesPerToken());
        ToDoubleFunction<Candidate> order = rule.order(candidates, tokens, pool);
        Candidate best = candidates.get(0);
        for (Candidate candidate : candidates) {
            int compared = Double.compare(order.applyAsDouble(candidate), order.applyAsDouble(best));
            if (compared == 0) {
                compared = Integer.compare(candidate.requests(), best.requests());
            }
            if (compared == 0) {
                compared = Long.compare(weight(request, best), weight(request, candidate));
            }
            if (compared < 0) {
                best = candidate;
            }
        }
        return best;
    }

    private static long weight(RoutingRequest request, Candidate candidate) {
        return RendezvousHash.weight(request.key().hash(), candidate.endpoint().id());
    }
}
