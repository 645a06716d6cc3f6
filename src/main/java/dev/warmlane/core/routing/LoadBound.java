package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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

    /**
     * Keeps endpoints that are starting from more than their share: one that has as many requests as its part of an equal load,
     * and at least one, takes no more for now. What is bound to it goes elsewhere meanwhile and stays bound. Whatever the policy:
     * a cold server looks idle to all of them, and the requests of a whole pool would meet an empty cache there at once.
     */
    static final class SlowStart {
        /** An equal load is the mean of the others, and a quarter more, as loads are never quite equal. */
        private static final LoadBound EQUAL_LOAD = new LoadBound(1.25, 0);

        private SlowStart() {}

        /** The snapshot without the starting endpoints that have their share; the same one where there are none. */
        static EndpointSnapshot limit(EndpointSnapshot snapshot, PoolLoad load) {
            if (!snapshot.hasStarting() || snapshot.isPanic()) {
                return snapshot;
            }
            List<Endpoint> others = new ArrayList<>();
            for (Endpoint endpoint : snapshot.selectable()) {
                if (endpoint.state() == EndpointState.READY) {
                    others.add(endpoint);
                }
            }
            if (others.isEmpty()) {
                return snapshot;
            }
            int equal = EQUAL_LOAD.capacity(others, load);
            Set<EndpointId> atBound = new HashSet<>();
            for (Endpoint endpoint : snapshot.selectable()) {
                int bound = (int) Math.max(1, endpoint.loadShare() * equal);
                if (endpoint.state() == EndpointState.STARTING && load.requests(endpoint.id()) >= bound) {
                    atBound.add(endpoint.id());
                }
            }
            return atBound.isEmpty() ? snapshot : snapshot.suspending(atBound);
        }
    }
}
