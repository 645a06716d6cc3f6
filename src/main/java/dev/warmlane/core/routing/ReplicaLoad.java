package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.EndpointId;

/**
 * What the other replicas of the gateway have in flight at each endpoint of a pool, as far as they have told. Safe for concurrent
 * use; reading takes no lock.
 */
public interface ReplicaLoad {
    /** There are no others. */
    ReplicaLoad NONE = new ReplicaLoad() {};

    /** Requests in flight. */
    default int requests(EndpointId endpoint) {
        return 0;
    }

    /** Prompt tokens of the requests in flight. */
    default long promptTokens(EndpointId endpoint) {
        return 0;
    }

    /** Uncached prompt tokens of the requests whose first byte has not come back. */
    default long prefillTokens(EndpointId endpoint) {
        return 0;
    }
}
