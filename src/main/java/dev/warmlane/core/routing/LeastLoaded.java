package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the endpoint with the fewest requests in flight, ties by the rendezvous weight of a key. */
final class LeastLoaded {
    private final InFlight inFlight;

    LeastLoaded(InFlight inFlight) {
        this.inFlight = inFlight;
    }

    /** The least loaded of these that is not excluded, or null if there is none. */
    @Nullable
    Endpoint choose(List<Endpoint> endpoints, Set<EndpointId> excluded, long keyHash) {
        Endpoint best = null;
        int bestRequests = Integer.MAX_VALUE;
        long bestWeight = Long.MIN_VALUE;
        for (Endpoint endpoint : endpoints) {
            if (excluded.contains(endpoint.id())) {
                continue;
            }
            int requests = inFlight.requests(endpoint.id());
            long weight = RendezvousHash.weight(keyHash, endpoint.id());
            if (best == null || requests < bestRequests || (requests == bestRequests && weight > bestWeight)) {
                best = endpoint;
                bestRequests = requests;
                bestWeight = weight;
            }
        }
        return best;
    }
}
