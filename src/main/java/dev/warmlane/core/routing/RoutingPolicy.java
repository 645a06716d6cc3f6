package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.EndpointId;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides which endpoint a request goes to. A policy remembers nothing of requests: it reads what its pool remembers, and each
 * decision says what the pool is to remember of it. Implementations are safe for concurrent use and never block.
 */
public interface RoutingPolicy {

    /** The name in settings, lower case. */
    String name();

    /** Whether choosing by a key of this source looks at the prompt; if not, the caller need not read it. */
    default boolean readsPrompt(KeySource source) {
        return false;
    }

    /** What sessions can count on. */
    default Promise promise() {
        return Promise.NONE;
    }

    /** What a policy promises to sessions, by which it is judged. */
    enum Promise {
        /** Nothing. */
        NONE,
        /** They stay at their endpoint for as long as that takes requests. */
        STAYS,
        /** They move where that costs less, so their moves lose few hits. */
        MOVES_AT_A_GAIN
    }

    /**
     * The best endpoint for a request. Excluding an endpoint gives the next one in the policy's preference order. Choosing is
     * pure: until something is dispatched the same request gets the same decision, so one can be explained without being taken.
     *
     * @param pool what may be read of the pool
     * @param excluded endpoints that this request has tried already, or that are full
     * @return the decision, or null if no endpoint can take the request
     */
    @Nullable
    RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded);
}
