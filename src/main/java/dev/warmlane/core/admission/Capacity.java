package dev.warmlane.core.admission;

import dev.warmlane.core.admission.Ticket.QueuedRequest;
import dev.warmlane.core.endpoint.EndpointId;
import java.util.Set;

/**
 * The endpoints that can take one more request at this moment. Immutable.
 *
 * @param open those that anybody may go to
 * @param boundOnly those that only take requests bound to them, because they drain
 * @param full those that will take requests again when one of theirs has ended
 * @param endpoints how many endpoints the pool has, full ones included
 */
public record Capacity(Set<EndpointId> open, Set<EndpointId> boundOnly, Set<EndpointId> full, int endpoints) {
    public Capacity {
        open = Set.copyOf(open);
        boundOnly = Set.copyOf(boundOnly);
        full = Set.copyOf(full);
    }

    boolean isEmpty() {
        return open.isEmpty() && boundOnly.isEmpty();
    }

    /** Whether there is room that this request can use. */
    boolean admits(QueuedRequest claim) {
        if (hasBoundEndpointOf(claim)) {
            return true;
        }
        if (claim.boundOnly() && full.contains(claim.boundEndpoint())) {
            return false;
        }
        for (EndpointId endpoint : open) {
            if (!claim.tried().contains(endpoint)) {
                return true;
            }
        }
        return false;
    }

    /** Whether it is as well served now as it would be by waiting on. */
    boolean suits(QueuedRequest claim) {
        return claim.boundEndpoint() == null
                || claim.tried().contains(claim.boundEndpoint())
                || hasBoundEndpointOf(claim);
    }

    private boolean hasBoundEndpointOf(QueuedRequest claim) {
        EndpointId bound = claim.boundEndpoint();
        return bound != null && !claim.tried().contains(bound) && (open.contains(bound) || boundOnly.contains(bound));
    }
}
