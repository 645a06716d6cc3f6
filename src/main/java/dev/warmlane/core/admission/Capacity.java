package dev.warmlane.core.admission;

import dev.warmlane.core.endpoint.EndpointId;
import java.util.Set;

/**
 * The endpoints that can take one more request at this moment. Immutable.
 *
 * @param open those that anybody may go to
 * @param homesOnly those that only take requests at home there, because they drain
 * @param endpoints how many endpoints the pool has, full ones included
 */
public record Capacity(Set<EndpointId> open, Set<EndpointId> homesOnly, int endpoints) {
    public Capacity {
        open = Set.copyOf(open);
        homesOnly = Set.copyOf(homesOnly);
    }

    boolean isEmpty() {
        return open.isEmpty() && homesOnly.isEmpty();
    }

    /** Whether there is room that this request can use. */
    boolean admits(QueuedRequest claim) {
        if (hasHomeOf(claim)) {
            return true;
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
        return claim.home() == null || claim.tried().contains(claim.home()) || hasHomeOf(claim);
    }

    private boolean hasHomeOf(QueuedRequest claim) {
        EndpointId home = claim.home();
        return home != null && !claim.tried().contains(home) && (open.contains(home) || homesOnly.contains(home));
    }
}
