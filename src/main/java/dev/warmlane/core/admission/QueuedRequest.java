package dev.warmlane.core.admission;

import dev.warmlane.core.endpoint.EndpointId;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What decides when a waiting request's turn comes, and where it can go. Immutable.
 *
 * @param retry whether an endpoint had it already and failed; goes before all that were never let in
 * @param priority lower goes earlier, as vLLM orders them; 0 where nobody says
 * @param client a hash of the client, among whom turns are shared
 * @param boundEndpoint the endpoint that its cache makes worth waiting for; null where all are the same to it
 * @param boundOnly whether no other will do as long as that one is there
 * @param tried endpoints that it must not go to again
 */
public record QueuedRequest(
        boolean retry,
        int priority,
        long client,
        @Nullable EndpointId boundEndpoint,
        boolean boundOnly,
        Set<EndpointId> tried) {
    public QueuedRequest {
        tried = Set.copyOf(tried);
    }

    /** One that any endpoint can serve. */
    public QueuedRequest(
            boolean retry, int priority, long client, @Nullable EndpointId boundEndpoint, Set<EndpointId> tried) {
        this(retry, priority, client, boundEndpoint, false, tried);
    }

    boolean ranksAs(QueuedRequest other) {
        return retry == other.retry && priority == other.priority;
    }
}
