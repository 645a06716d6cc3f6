package dev.warmlane.tools.replay.rules;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.Matches;
import dev.warmlane.core.routing.PolicyFactory;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.tools.replay.load.LoadRequest;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The least uncached tokens plus queued prefill tokens, of which the latter are read from gauges every few seconds. */
public final class StaleScore implements Rule {
    private final PolicyFactory parts;
    private final Ticker clock;
    private final long intervalNanos;
    private final Map<EndpointId, Long> gauges = new HashMap<>();
    private long readAt = Long.MIN_VALUE;

    public StaleScore(PolicyFactory parts, Ticker clock, double intervalSeconds) {
        this.parts = parts;
        this.clock = clock;
        this.intervalNanos = (long) (intervalSeconds * 1e9);
    }

    @Override
    public Endpoint pick(RoutingRequest request, List<Endpoint> endpoints) {
        if (readAt == Long.MIN_VALUE || clock.read() - readAt >= intervalNanos) {
            readAt = clock.read();
            endpoints.forEach(
                    endpoint -> gauges.put(endpoint.id(), parts.inFlight().prefillTokens(endpoint.id())));
        }
        return endpoints.stream()
                .min(Comparator.comparingLong(
                        endpoint -> gauges.get(endpoint.id()) + uncachedTokens(request, endpoint)))
                .orElseThrow();
    }

    @Override
    public long uncachedTokens(RoutingRequest request, Endpoint endpoint) {
        int matched = Matches.matchedBlocks(parts.index(), endpoint.id(), request.prompt());
        return (request.prompt().bytes() - (long) matched * parts.blockSizeBytes()) / LoadRequest.BYTES_PER_TOKEN;
    }

    @Override
    public void dispatched(RoutingDecision decision) {
        parts.index().insert(decision.endpoint().id(), decision.request().prompt());
    }
}
