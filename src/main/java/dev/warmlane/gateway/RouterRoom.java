package dev.warmlane.gateway;

import dev.warmlane.admission.Room;
import dev.warmlane.endpoint.Endpoint;
import dev.warmlane.endpoint.EndpointId;
import dev.warmlane.endpoint.EndpointSnapshot;
import dev.warmlane.routing.Router;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/** Sees which endpoints of a router's pool are not full. */
final class RouterRoom implements Supplier<Room> {
    private final Router router;

    RouterRoom(Router router) {
        this.router = router;
    }

    @Override
    public Room get() {
        EndpointSnapshot snapshot = router.snapshot();
        Set<EndpointId> open = new HashSet<>();
        for (Endpoint endpoint : snapshot.selectable()) {
            if (!router.inFlight().isFull(endpoint.id())) {
                open.add(endpoint.id());
            }
        }
        Set<EndpointId> homesOnly = new HashSet<>();
        for (Endpoint endpoint : snapshot.endpoints()) {
            EndpointId id = endpoint.id();
            if (endpoint.state().acceptsBound()
                    && !open.contains(id)
                    && !router.inFlight().isFull(id)) {
                homesOnly.add(id);
            }
        }
        return new Room(open, homesOnly, snapshot.endpoints().size());
    }
}
