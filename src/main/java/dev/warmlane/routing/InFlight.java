package dev.warmlane.routing;

import dev.warmlane.endpoint.EndpointId;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What this gateway has in flight at each endpoint: requests, their prompt tokens, and the uncached tokens whose first byte
 * has not come back. Exact and immediate, unlike anything an engine reports of itself. Safe for concurrent use.
 */
public final class InFlight {
    private static final Counters NOTHING = new Counters();

    private final ConcurrentHashMap<EndpointId, Counters> byEndpoint = new ConcurrentHashMap<>();

    /**
     * Counts a request at an endpoint until the lease is closed.
     *
     * @param promptTokens tokens of its prompt
     * @param uncachedTokens tokens that the endpoint has to compute before the first byte
     */
    public Lease open(EndpointId endpoint, long promptTokens, long uncachedTokens) {
        // In one step with retire, so that a count never lands in counters that were just dropped.
        Counters counters = byEndpoint.compute(endpoint, (id, existing) -> {
            Counters opened = existing == null ? new Counters() : existing;
            opened.requests.incrementAndGet();
            return opened;
        });
        counters.promptTokens.addAndGet(promptTokens);
        counters.prefillTokens.addAndGet(uncachedTokens);
        return new Lease(this, endpoint, counters, promptTokens, uncachedTokens);
    }

    /** Requests in flight. */
    public int requests(EndpointId endpoint) {
        return counters(endpoint).requests.get();
    }

    /** Prompt tokens of the requests in flight. */
    public long promptTokens(EndpointId endpoint) {
        return counters(endpoint).promptTokens.get();
    }

    /** Uncached prompt tokens of the requests whose first byte has not come back. */
    public long prefillTokens(EndpointId endpoint) {
        return counters(endpoint).prefillTokens.get();
    }

    /** Drops the counters of an endpoint that left; if it still has requests, with the last of them. */
    public void retire(EndpointId endpoint) {
        byEndpoint.computeIfPresent(endpoint, (id, counters) -> {
            counters.retired = true;
            return counters.requests.get() == 0 ? null : counters;
        });
    }

    void closed(EndpointId endpoint, Counters closedAt) {
        if (closedAt.requests.decrementAndGet() == 0 && closedAt.retired) {
            retire(endpoint);
        }
    }

    private Counters counters(EndpointId endpoint) {
        return byEndpoint.getOrDefault(endpoint, NOTHING);
    }

    static final class Counters {
        final AtomicInteger requests = new AtomicInteger();
        final AtomicLong promptTokens = new AtomicLong();
        final AtomicLong prefillTokens = new AtomicLong();
        volatile boolean retired;
    }
}
