package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import java.util.List;

/**
 * How many requests in flight an endpoint may have before a request that prefers it goes on: a factor over the mean, plus an
 * absolute slack, without which the bound is one or two requests at light load and throws caches away.
 *
 * <p>Source of the factor: Mirrokni, Thorup and Zadimoghaddam, "Consistent hashing with bounded loads", SODA 2018.
 */
public final class LoadBound {
    private final double factor;
    private final int slackRequests;

    /**
     * @param factor times the mean, at least 1
     * @param slackRequests requests on top, at least 0
     * @throws IllegalArgumentException naming the argument that is out of range
     */
    public LoadBound(double factor, int slackRequests) {
        if (!(factor >= 1)) {
            throw new IllegalArgumentException("load-factor: %s (expected: at least 1)".formatted(factor));
        }
        if (slackRequests < 0) {
            throw new IllegalArgumentException("slack-requests: %d (expected: at least 0)".formatted(slackRequests));
        }
        this.factor = factor;
        this.slackRequests = slackRequests;
    }

    /** Requests that each of these endpoints may have in flight, counting the one to be placed. At least 1. */
    public int capacity(List<Endpoint> endpoints, PoolLoad load) {
        long total = 1;
        for (Endpoint endpoint : endpoints) {
            total += load.requests(endpoint.id());
        }
        return (int) Math.ceil(factor * total / Math.max(1, endpoints.size())) + slackRequests;
    }
}
