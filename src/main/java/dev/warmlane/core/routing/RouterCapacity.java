package dev.warmlane.core.routing;

import dev.warmlane.core.admission.Capacity;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/** Sees which endpoints of a router's pool are not full. */
public final class RouterCapacity implements Supplier<Capacity> {
    private final Router router;

    public RouterCapacity(Router router) {
        this.router = router;
    }

    @Override
    public Capacity get() {
        EndpointSnapshot snapshot = router.snapshot();
        Set<EndpointId> open = new HashSet<>();
        for (Endpoint endpoint : snapshot.selectable()) {
            if (!router.inFlight().isFull(endpoint.id())) {
                open.add(endpoint.id());
            }
        }
        Set<EndpointId> boundOnly = new HashSet<>();
        Set<EndpointId> full = new HashSet<>();
        for (Endpoint endpoint : snapshot.endpoints()) {
            EndpointId id = endpoint.id();
            if (endpoint.state().acceptsBound() && !open.contains(id)) {
                (router.inFlight().isFull(id) ? full : boundOnly).add(id);
            }
        }
        return new Capacity(open, boundOnly, full, snapshot.endpoints().size());
    }
}
