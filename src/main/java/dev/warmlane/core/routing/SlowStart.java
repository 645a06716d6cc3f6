package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.endpoint.EndpointState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Keeps endpoints that are starting from more than their share: one that has as many requests as its part of an equal load,
 * and at least one, takes no more for now. What is bound to it goes elsewhere meanwhile and stays bound. Whatever the policy:
 * a cold server looks idle to all of them, and the requests of a whole pool would meet an empty cache there at once.
 */
final class SlowStart {
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
