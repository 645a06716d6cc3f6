package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PrefixMatch;
import dev.warmlane.core.prefix.PromptBlocks;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Prices a request at every endpoint by {@link ExpectedCostPolicy}'s formula, and keeps the index that this needs: what is
 * sent is noted, what was not delivered is taken back. Safe for concurrent use.
 */
final class PromptCosts {
    /** No request costs less to start than one KV block of prefill. */
    private static final long LEAST_UNCACHED_TOKENS = 16;

    private final CostParameters parameters;
    private final PrefixIndex index;
    private final int blockSizeBytes;
    private final InFlight inFlight;
    private final PoolAverages averages;
    private final OtherClients otherClients = new OtherClients();

    PromptCosts(
            CostParameters parameters,
            PrefixIndex index,
            int blockSizeBytes,
            InFlight inFlight,
            PoolAverages averages) {
        this.parameters = parameters;
        this.index = index;
        this.blockSizeBytes = blockSizeBytes;
        this.inFlight = inFlight;
        this.averages = averages;
    }

    /**
     * Every endpoint's cost, in their order, without those excluded.
     *
     * @param bound the endpoint that the request's key is bound to
     * @param stickinessTokens what that is worth
     */
    List<Candidate> candidates(
            RoutingRequest request,
            List<Endpoint> endpoints,
            Set<EndpointId> excluded,
            @Nullable EndpointId bound,
            double stickinessTokens) {
        PromptBlocks prompt = request.prompt();
        PrefixMatch match = index.match(prompt, endpoints);
        double bytesPerToken = averages.bytesPerToken();
        double blockTokens = blockSizeBytes / bytesPerToken;
        long promptTokens = (long) (prompt.bytes() / bytesPerToken);
        double lambda = parameters.load() * averages.outputTokens() / 1000;
        List<Candidate> candidates = new ArrayList<>(endpoints.size());
        for (int i = 0; i < endpoints.size(); i++) {
            Endpoint endpoint = endpoints.get(i);
            EndpointId id = endpoint.id();
            if (excluded.contains(id)) {
                continue;
            }
            long matchedTokens = (long) (match.matchedBlocks(i) * blockTokens);
            long uncachedTokens = Math.max(LEAST_UNCACHED_TOKENS, promptTokens - matchedTokens);
            long prefillTokens = inFlight.prefillTokens(id);
            int others = otherClients.requests(id);
            int requests = inFlight.requests(id) + others;
            long inFlightTokens = inFlight.promptTokens(id) + (long) (others * averages.promptTokens());
            boolean isBound = bound != null && id.equals(bound);
            double cost = prefillTokens
                    + parameters.prefill(uncachedTokens, promptTokens)
                            * (parameters.recompute() + parameters.delay() * requests)
                    + lambda * (inFlightTokens + promptTokens)
                    - (isBound ? stickinessTokens : 0);
            candidates.add(new Candidate(
                    endpoint, matchedTokens, uncachedTokens, prefillTokens, requests, inFlightTokens, isBound, cost));
        }
        return candidates;
    }

    /** The decision for one of the candidates. */
    RoutingDecision decision(RoutingRequest request, Candidate chosen, List<Candidate> candidates, Outcome outcome) {
        long promptTokens = (long) (request.prompt().bytes() / averages.bytesPerToken());
        return new RoutingDecision(
                request,
                chosen.endpoint(),
                request.key().source(),
                outcome,
                promptTokens,
                chosen.uncachedTokens(),
                chosen.matchedTokens(),
                candidates);
    }

    /** The endpoint is about to compute the prompt, so a request that shares it should follow. */
    void dispatched(RoutingDecision decision) {
        index.insert(decision.endpoint().id(), decision.request().prompt());
    }

    /** The endpoint did not compute the prompt: only what it held before is there. */
    void failed(RoutingDecision decision) {
        PromptBlocks prompt = decision.request().prompt();
        int held = (int) Math.rint(decision.matchedTokens() * averages.bytesPerToken() / blockSizeBytes);
        index.trim(decision.endpoint().id(), prompt, held);
    }

    /** The endpoint has answered: learns from its usage, and corrects what it is believed to hold. */
    void delivered(RoutingDecision decision, UsageReport delivery) {
        PromptBlocks prompt = decision.request().prompt();
        Long cachedTokens = delivery.cachedTokens();
        // Decisions that weighed nothing, such as those by a key alone, predicted nothing.
        boolean predicted = prompt.length() > 0 && !decision.candidates().isEmpty();
        if (predicted && cachedTokens != null && delivery.promptTokens() > 0) {
            index.correct(decision.endpoint().id(), missedBlocks(decision, delivery, cachedTokens));
        }
        averages.learn(prompt.bytes(), delivery);
    }

    /**
     * What the endpoint held and the index did not know. A prompt that repeats an earlier answer finds that in the cache too,
     * and a block that is cached in part counts for the endpoint alone: neither says that the index forgot anything.
     */
    private double missedBlocks(RoutingDecision decision, UsageReport delivery, long cachedTokens) {
        PromptBlocks prompt = decision.request().prompt();
        double predictedBlocks =
                Math.rint(decision.matchedTokens() * averages.bytesPerToken() / prompt.blockSizeBytes());
        // By the prompt's own ratio: languages differ, and the average would look like a prediction that missed.
        double blocksPerToken = (double) prompt.bytes() / delivery.promptTokens() / prompt.blockSizeBytes();
        double missed = cachedTokens * blocksPerToken - predictedBlocks;
        double unknowable = averages.outputTokens() * blocksPerToken + 1;
        return missed < 0 ? missed : Math.max(0, missed - unknowable);
    }

    /** Sizes the prediction of an endpoint by its real cache. */
    void capacity(EndpointId endpoint, long tokens) {
        double blocks = tokens * averages.bytesPerToken() / blockSizeBytes;
        index.capacity(endpoint, Math.max(1, (long) blocks));
    }

    /** Notes what an engine reports of its load, beside what this gateway has there. */
    void reported(EndpointId endpoint, long requests) {
        otherClients.observe(endpoint, requests, inFlight.requests(endpoint));
    }

    void restarted(EndpointId endpoint) {
        index.remove(endpoint);
    }

    void retire(EndpointId endpoint) {
        otherClients.retire(endpoint);
        index.remove(endpoint);
    }
}
