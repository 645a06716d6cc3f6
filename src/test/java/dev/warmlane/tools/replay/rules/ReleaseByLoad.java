package dev.warmlane.tools.replay.rules;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PolicyFactory;
import java.util.List;

/** A session leaves its endpoint for the least loaded one as soon as that has a quarter more requests than the mean. */
public final class ReleaseByLoad extends StickyTable {
    private static final double FACTOR = 1.25;

    public ReleaseByLoad(PolicyFactory parts) {
        super(parts);
    }

    @Override
    boolean keeps(Endpoint home, List<Endpoint> endpoints) {
        InFlight inFlight = parts.inFlight();
        double mean = endpoints.stream()
                .mapToInt(endpoint -> inFlight.requests(endpoint.id()))
                .average()
                .orElse(0);
        return inFlight.requests(home.id()) <= FACTOR * mean;
    }
}
