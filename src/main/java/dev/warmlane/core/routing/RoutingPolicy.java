package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.KeySource;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides which endpoint a request goes to. Choosing is pure: it reads and changes nothing, so a decision can be explained
 * without being taken. What follows a choice is told through the other methods, in the order dispatched, then accepted or
 * failed. Implementations are safe for concurrent use and never block.
 */
public interface RoutingPolicy {

    /** The name in settings, lower case. */
    String name();

    /** Whether choosing by a key of this source looks at the prompt; if not, the caller need not read it. */
    default boolean readsPrompt(KeySource source) {
        return false;
    }

    /**
     * The best endpoint for a request. Excluding an endpoint gives the next one in the policy's preference order.
     *
     * @param excluded endpoints that this request has tried already
     * @return the decision, or null if no endpoint can take the request
     */
    @Nullable
    RoutingDecision choose(RoutingRequest request, EndpointSnapshot snapshot, Set<EndpointId> excluded);

    /** The request is about to be sent; the next choice must see it. */
    default void dispatched(RoutingDecision decision) {}

    /** The endpoint answered with response headers. */
    default void accepted(RoutingDecision decision) {}

    /** The endpoint did not take the request. */
    default void failed(RoutingDecision decision) {}

    /** The endpoint has answered in full and reported this. */
    default void delivered(RoutingDecision decision, UsageReport delivery) {}

    /** The endpoint's KV cache holds this many tokens. */
    default void capacity(EndpointId endpoint, long tokens) {}

    /** The endpoint says that it has this many requests, running and queued; seconds old, and perhaps not only ours. */
    default void reported(EndpointId endpoint, long requests) {}

    /** The endpoint's cache is empty; forget what it was predicted to hold, and keep what is bound to it. */
    default void restarted(EndpointId endpoint) {}

    /** The endpoint left for good: forget it. */
    default void retire(EndpointId endpoint) {}
}
