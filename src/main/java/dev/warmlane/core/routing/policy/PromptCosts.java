package dev.warmlane.core.routing.policy;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.AdapterSlots.Fit;
import dev.warmlane.core.routing.EndpointSpeeds;
import dev.warmlane.core.routing.PoolAverages;
import dev.warmlane.core.routing.PoolLoad;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.core.routing.RoutingDecision.Candidate.Cost;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingDecision.Remember;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Prices one request at every endpoint by {@link ExpectedCostPolicy}'s formula. Not thread-safe. */
final class PromptCosts {
    /** No request costs less to start than one KV block of prefill. */
    private static final long LEAST_UNCACHED_TOKENS = 16;

    private static final double MOST_PLACED = 10;

    private final CostParameters parameters;
    private final RoutingRequest request;
    private final RoutingView pool;
    private final List<Endpoint> endpoints;
    private final PrefixMatch match;
    private final Set<EndpointId> excluded;
    private final @Nullable EndpointId bound;
    private final double stickinessTokens;
    private final PoolLoad load;
    private final EndpointSpeeds speeds;
    private final double blockTokens;
    private final long promptTokens;
    private final double lambda;
    /** A session pays for the load it finds with each of its turns until it can move. */
    private final double placed;

    private final @Nullable AdapterCosts adapters;
    private final SharedRecompute shared;
    private final StartedLoad started;

    /**
     * For a decision among these endpoints.
     *
     * @param match what each of them holds of the prompt
     * @param bound the endpoint that the request's key is bound to
     * @param stickinessTokens what that is worth
     */
    PromptCosts(
            CostParameters parameters,
            RoutingRequest request,
            RoutingView pool,
            List<Endpoint> endpoints,
            PrefixMatch match,
            Set<EndpointId> excluded,
            @Nullable EndpointId bound,
            double stickinessTokens) {
        this.parameters = parameters;
        this.request = request;
        this.pool = pool;
        this.endpoints = endpoints;
        this.match = match;
        this.excluded = excluded;
        this.bound = bound;
        this.stickinessTokens = stickinessTokens;
        this.load = pool.load();
        this.speeds = pool.speeds();
        PromptBlocks prompt = request.prompt();
        PoolAverages averages = pool.averages();
        double bytesPerToken = averages.bytesPerToken();
        this.blockTokens = prompt.blockSizeBytes() / bytesPerToken;
        this.promptTokens = (long) (prompt.bytes() / bytesPerToken);
        this.lambda = parameters.load() * averages.outputTokens() / 1000;
        this.placed = Math.min(MOST_PLACED, Math.max(1, Math.sqrt(averages.turns()) / 2));
        this.adapters = AdapterCosts.of(parameters, pool, request);
        this.shared = new SharedRecompute(parameters, pool, prompt, match, blockTokens);
        this.started = StartedLoad.of(pool, endpoints, bound);
    }

    /** Every endpoint's cost, in their order, without those excluded. */
    List<Candidate> candidates() {
        List<Candidate> candidates = new ArrayList<>(endpoints.size());
        for (int i = 0; i < endpoints.size(); i++) {
            if (!excluded.contains(endpoints.get(i).id())) {
                candidates.add(candidate(i));
            }
        }
        return candidates;
    }

    private Candidate candidate(int place) {
        Endpoint endpoint = endpoints.get(place);
        EndpointId id = endpoint.id();
        long matchedTokens = (long) (match.matchedBlocks(place) * blockTokens);
        long uncachedTokens = Math.max(LEAST_UNCACHED_TOKENS, promptTokens - matchedTokens);
        long prefillTokens = load.prefillTokens(id);
        int requests = load.requests(id);
        long inFlightTokens = load.promptTokens(id);
        // What is placed stays: what else will be there counts, not what happens to be there now.
        long usualTokens = bound == null ? load.usualPromptTokens(id) : 0;
        double slow = speeds.relative(id);
        boolean isBound = bound != null && id.equals(bound);
        double prefill = parameters.prefill(uncachedTokens, promptTokens);
        double delayed = requests;
        double loadTokens = Math.max((double) inFlightTokens, placed * usualTokens);
        if (started.prices(endpoint, requests)) {
            delayed = Math.max(requests, started.requests());
            loadTokens += started.missingTokens(endpoint);
        }
        Fit fit = adapters == null ? null : adapters.fit(id);
        Cost cost = new Cost(
                slow * prefillTokens + load.lateSeconds(id) / speeds.secondsPerToken(),
                slow * parameters.recompute() * (prefill - shared.savedTokens(match.matchedBlocks(place), id)),
                slow * parameters.delay() * delayed * prefill,
                slow * lambda * (loadTokens + promptTokens),
                adapters == null ? 0 : adapters.tokens(fit, id, requests),
                0,
                isBound ? stayingTokens(place, slow) : 0);
        return new Candidate(
                endpoint,
                matchedTokens,
                uncachedTokens,
                prefillTokens,
                requests,
                inFlightTokens,
                usualTokens,
                load.replicaRequests(id),
                isBound,
                fit,
                cost,
                null);
    }

    /** What it is worth that the request stays at the endpoint that it is bound to. */
    private double stayingTokens(int place, double slow) {
        return staysForItsCache(endpoints.get(place).id())
                ? Math.min(stickinessTokens, slow * parameters.stickinessPerLoss() * lostTokens(place))
                : stickinessTokens;
    }

    /**
     * Whether a bound request stays only for what its endpoint's cache holds. It does where it would wait there for whole responses,
     * and where it is one of a batch under one session's name: a batch that stayed for its binding would wait for itself.
     */
    private boolean staysForItsCache(EndpointId id) {
        PromptBlocks prompt = request.prompt();
        if (prompt.bytes() > 0 && pool.isBatch(request.key())) {
            return true;
        }
        return prompt.length() > 0 && isCrowded(id);
    }

    /**
     * Whether an endpoint's cache has no room for the prompt beside those in flight and what they have generated. Then a request
     * waits there for whole responses, and not only for what is computed.
     */
    private boolean isCrowded(EndpointId endpoint) {
        int requests = load.requests(endpoint);
        double generated = pool.averages().outputTokens() / 2 * (requests + 1);
        double needed = load.promptTokens(endpoint) + promptTokens + generated;
        return requests > 0
                && needed > pool.capacityBytes(endpoint) / pool.averages().bytesPerToken();
    }

    /** What leaving one of the endpoints would lose: the computing of what none of the others holds. */
    private double lostTokens(int left) {
        int held = match.matchedBlocks(left);
        int elsewhere = 0;
        for (int i = 0; i < endpoints.size() && elsewhere < held; i++) {
            if (i != left && !excluded.contains(endpoints.get(i).id())) {
                elsewhere = Math.max(elsewhere, Math.min(held, match.matchedBlocks(i)));
            }
        }
        return parameters.prefillBetween(elsewhere * blockTokens, held * blockTokens);
    }

    /**
     * The decision for one of the candidates.
     *
     * @param source the key that decided
     */
    static RoutingDecision decision(
            RoutingRequest request,
            RoutingView pool,
            Candidate chosen,
            List<Candidate> candidates,
            KeySource source,
            Outcome outcome) {
        long promptTokens = (long) (request.prompt().bytes() / pool.averages().bytesPerToken());
        return new RoutingDecision(
                request,
                chosen.endpoint(),
                source,
                outcome,
                promptTokens,
                chosen.uncachedTokens(),
                chosen.matchedTokens(),
                candidates,
                Remember.BINDING_AND_PROMPT,
                null,
                null);
    }

    /**
     * What a starting endpoint will have in flight once it has started: as much as the others have now, on average. If its price were what it
     * has in flight now, bound sessions of the whole pool would leave their caches for it at once, more prefixes than its cache can hold.
     * Priced by this, they come as fast as its load may grow, and first those whose prefix it holds. Requests that are bound to no started
     * endpoint have no cache to leave, so they are not priced by it.
     *
     * @param requests in flight; 0 where none is starting
     * @param promptTokens of these
     */
    private record StartedLoad(double requests, double promptTokens) {
        private static final StartedLoad NONE = new StartedLoad(0, 0);

        /** @param bound the endpoint that the request's key is bound to */
        static StartedLoad of(RoutingView pool, List<Endpoint> endpoints, @Nullable EndpointId bound) {
            if (bound == null || !pool.snapshot().hasStarting()) {
                return NONE;
            }
            PoolLoad load = pool.load();
            double requests = 0;
            double tokens = 0;
            int started = 0;
            boolean leaves = false;
            for (Endpoint endpoint : endpoints) {
                if (endpoint.state() == EndpointState.READY) {
                    requests += load.requests(endpoint.id());
                    tokens += load.promptTokens(endpoint.id());
                    started++;
                    leaves |= endpoint.id().equals(bound);
                }
            }
            return leaves ? new StartedLoad(requests / started, tokens / started) : NONE;
        }

        /** Whether an endpoint is priced by it: one that is starting, for all but its first request. */
        boolean prices(Endpoint endpoint, int requestsThere) {
            return requestsThere > 0 && requests > 0 && endpoint.state() == EndpointState.STARTING;
        }

        /** Prompt tokens that an endpoint does not have yet because its load may not have grown so far. */
        double missingTokens(Endpoint endpoint) {
            return (1 - endpoint.loadShare()) * promptTokens;
        }
    }
}
