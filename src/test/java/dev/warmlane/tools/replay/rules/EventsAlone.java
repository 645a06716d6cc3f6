package dev.warmlane.tools.replay.rules;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.Matches;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The least uncached tokens, then the fewest requests, by an index that hears of a prompt's blocks only once the engine has
 * computed them: when they are no longer among those in flight, which engines compute in the order they come.
 */
public final class EventsAlone implements Rule {
    private final PrefixIndex index;
    private final Map<EndpointId, Deque<PromptBlocks>> sent = new HashMap<>();

    /** @param blocks that an endpoint holds */
    public EventsAlone(long blocks) {
        this.index = new PrefixIndex(blocks);
    }

    @Override
    public Endpoint pick(RoutingRequest request, RoutingView pool, List<Endpoint> endpoints) {
        for (Endpoint endpoint : endpoints) {
            hear(endpoint.id(), pool.load().prefillTokens(endpoint.id()));
        }
        Endpoint picked = endpoints.stream()
                .max(Comparator.<Endpoint>comparingInt(
                                endpoint -> Matches.matchedBlocks(index, endpoint.id(), request.prompt()))
                        .thenComparingInt(endpoint -> -pool.load().requests(endpoint.id())))
                .orElseThrow();
        sent.computeIfAbsent(picked.id(), id -> new ArrayDeque<>()).add(request.prompt());
        return picked;
    }

    private void hear(EndpointId endpoint, long tokensInFlight) {
        Deque<PromptBlocks> prompts = sent.getOrDefault(endpoint, new ArrayDeque<>());
        long tokens = prompts.stream().mapToLong(EventsAlone::tokens).sum();
        while (tokens > tokensInFlight) {
            PromptBlocks computed = prompts.remove();
            tokens -= tokens(computed);
            index.insert(endpoint, computed);
        }
    }

    @Override
    public long uncachedTokens(RoutingRequest request, RoutingView pool, Endpoint endpoint) {
        return tokens(request.prompt());
    }

    private static long tokens(PromptBlocks prompt) {
        return prompt.bytes() / LoadRequest.BYTES_PER_TOKEN;
    }
}
