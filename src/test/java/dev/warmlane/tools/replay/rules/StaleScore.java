package dev.warmlane.tools.replay.rules;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision.Remember;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The least uncached tokens plus queued prefill tokens, of which the latter are read from gauges every few seconds. */
public final class StaleScore implements Rule {
    private final Ticker clock;
    private final long intervalNanos;
    private final Map<EndpointId, Long> gauges = new HashMap<>();
    private long readAt = Long.MIN_VALUE;

    public StaleScore(Ticker clock, double intervalSeconds) {
        this.clock = clock;
        this.intervalNanos = (long) (intervalSeconds * 1e9);
    }

    @Override
    public Endpoint pick(RoutingRequest request, RoutingView pool, List<Endpoint> endpoints) {
        if (readAt == Long.MIN_VALUE || clock.read() - readAt >= intervalNanos) {
            readAt = clock.read();
            endpoints.forEach(endpoint -> gauges.put(endpoint.id(), pool.load().prefillTokens(endpoint.id())));
        }
        return endpoints.stream()
                .min(Comparator.comparingLong(
                        endpoint -> gauges.get(endpoint.id()) + uncachedTokens(request, pool, endpoint)))
                .orElseThrow();
    }

    @Override
    public long uncachedTokens(RoutingRequest request, RoutingView pool, Endpoint endpoint) {
        int matched = Rule.matchedBlocks(request, pool, endpoint);
        return (request.prompt().bytes() - (long) matched * request.prompt().blockSizeBytes())
                / LoadRequest.BYTES_PER_TOKEN;
    }

    @Override
    public Remember remember() {
        return Remember.PROMPT;
    }
}
