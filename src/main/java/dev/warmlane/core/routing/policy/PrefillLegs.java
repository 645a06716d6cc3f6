package dev.warmlane.core.routing.policy;

import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.core.routing.RoutingDecision.Candidate.Cost;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingDecision.Remember;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import dev.warmlane.core.routing.RoutingView;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The other way to a response: the prompt at a prefill endpoint p, its blocks to a decode endpoint d.
 * <pre>
 *   cost(p, d) = P(p) + kappa * W(u_p, L)                        at p, where nobody generates
 *              + T(u_d)                                          what d lacks, fetched from p
 *              + max(0, P(d) - P(p) - W(u_p, L) - T(u_d))        what d still computes by then
 *              + beta * n(d) * W(16, L) + lambda * (R(d) + L) - [key bound to d] * H
 * </pre>
 * At an endpoint that generates as well, p costs beta * n(p) * W(u_p, L) more. The best p is the same for every d, so each is weighed
 * once. For one decision; not thread-safe.
 */
final class PrefillLegs {
    /** What d computes of a prompt that it fetched: its last token, whose output is the first of the response. */
    private static final long LAST_TOKENS = 16;

    private final CostParameters parameters;
    private final RoutingRequest request;
    private final RoutingView pool;
    private final List<Candidate> candidates;
    private final @Nullable Candidate best;

    /** Weighs the prefill endpoints of a pool with roles. */
    PrefillLegs(CostParameters parameters, RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
        this.parameters = parameters;
        this.request = request;
        this.pool = pool;
        this.candidates = request.whole() == null ? weighed(excluded) : List.of();
        this.best = cheapest();
    }

    /** Every way to each endpoint: alone, and for decode endpoints with the prompt computed elsewhere. */
    List<Candidate> ways(List<Candidate> alone) {
        Candidate leg = best;
        if (leg == null) {
            return alone;
        }
        List<Candidate> ways = new ArrayList<>(2 * alone.size());
        for (Candidate candidate : alone) {
            ways.add(candidate);
            if (candidate.endpoint().role() == Role.DECODE) {
                ways.add(split(candidate, leg));
            }
        }
        return ways;
    }

    /**
     * Of the two ways to each endpoint the cheaper one, and the endpoint alone where they cost nearly the same; but where prompts are
     * always to be computed elsewhere, that way.
     */
    List<Candidate> cheaper(List<Candidate> ways) {
        List<Candidate> cheaper = new ArrayList<>(ways.size());
        for (Candidate way : ways) {
            int last = cheaper.size() - 1;
            if (way.prefill() == null) {
                cheaper.add(way);
            } else if (parameters.alwaysPrefill()
                    || way.cost() < cheaper.get(last).cost() - parameters.tieTokens()) {
                cheaper.set(last, way);
            }
        }
        return cheaper;
    }

    /** The decision with the prefill leg of the way that it takes, or with the reason why it has none. */
    RoutingDecision decision(RoutingDecision decision, Candidate way) {
        Candidate leg = best;
        if (way.prefill() != null && leg != null) {
            return decision.withPrefill(new RoutingDecision(
                    request,
                    leg.endpoint(),
                    decision.source(),
                    Outcome.PLACED,
                    decision.promptTokens(),
                    leg.uncachedTokens(),
                    leg.matchedTokens(),
                    candidates,
                    Remember.PROMPT,
                    null,
                    null));
        }
        return decision.bypassing(bypass(way, decision.promptTokens()));
    }

    private PrefillBypass bypass(Candidate way, long promptTokens) {
        PrefillBypass whole = request.whole();
        if (whole != null) {
            return whole;
        }
        if (way.endpoint().role() == Role.BOTH) {
            return PrefillBypass.BOTH;
        }
        if (best == null) {
            return PrefillBypass.NO_ENDPOINT;
        }
        return way.matchedTokens() * 2 >= promptTokens ? PrefillBypass.HELD : PrefillBypass.CHEAPER;
    }

    private List<Candidate> weighed(Set<EndpointId> excluded) {
        List<Endpoint> endpoints = new ArrayList<>(pool.prefill());
        if (parameters.bothPrefill()) {
            for (Endpoint endpoint : pool.snapshot().selectable()) {
                if (endpoint.role() == Role.BOTH && !excluded.contains(endpoint.id())) {
                    endpoints.add(endpoint);
                }
            }
        }
        if (endpoints.isEmpty()) {
            return List.of();
        }
        PrefixMatch match = pool.match(request.prompt(), endpoints);
        List<Candidate> weighed =
                new PromptCosts(parameters, request, pool, endpoints, match, Set.of(), null, 0).candidates();
        weighed.replaceAll(PrefillLegs::promptOnly);
        return weighed;
    }

    /** Where nobody generates, nobody is slowed down. */
    private static Candidate promptOnly(Candidate candidate) {
        Cost whole = candidate.terms();
        double delaying = candidate.endpoint().role() == Role.PREFILL ? 0 : whole.delaying();
        return candidate.by(null, new Cost(whole.waiting(), whole.computing(), delaying, 0, whole.loading(), 0, 0));
    }

    private @Nullable Candidate cheapest() {
        double least = Double.POSITIVE_INFINITY;
        for (Candidate candidate : candidates) {
            least = Math.min(least, candidate.cost());
        }
        Candidate cheapest = null;
        long bestWeight = 0;
        for (Candidate candidate : candidates) {
            long weight = RendezvousHash.weight(
                    request.key().hash(), candidate.endpoint().id());
            if (candidate.cost() <= least + parameters.tieTokens() && (cheapest == null || weight > bestWeight)) {
                cheapest = candidate;
                bestWeight = weight;
            }
        }
        return cheapest;
    }

    private Candidate split(Candidate alone, Candidate leg) {
        Cost there = alone.terms();
        long promptTokens = leg.matchedTokens() + leg.uncachedTokens();
        double fetching = pool.transfers().seconds(alone.uncachedTokens(), parameters.transferSecondsPerToken());
        double transferring = fetching / pool.speeds().secondsPerToken();
        double prefill =
                pool.speeds().relative(leg.endpoint().id()) * parameters.prefill(leg.uncachedTokens(), promptTokens);
        double later = Math.max(0, there.waiting() - leg.terms().waiting() - prefill - transferring);
        double delayed = pool.speeds().relative(alone.endpoint().id())
                * parameters.delay()
                * alone.requests()
                * parameters.prefill(LAST_TOKENS, promptTokens);
        return alone.by(
                leg.endpoint(),
                new Cost(
                        leg.terms().waiting() + later,
                        leg.terms().computing(),
                        leg.terms().delaying() + delayed,
                        there.decoding(),
                        leg.terms().loading() + there.loading(),
                        transferring,
                        there.staying()));
    }
}
