package dev.warmlane.tools.replay.rules;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.routing.RoutingView;
import java.util.List;

/** A session leaves its endpoint for the least loaded one as soon as that has a quarter more requests than the mean. */
public final class ReleaseByLoad extends StickyTable {
    private static final double FACTOR = 1.25;

    @Override
    boolean keeps(RoutingView pool, Endpoint bound, List<Endpoint> endpoints) {
        double mean = endpoints.stream()
                .mapToInt(endpoint -> pool.load().requests(endpoint.id()))
                .average()
                .orElse(0);
        return pool.load().requests(bound.id()) <= FACTOR * mean;
    }
}
