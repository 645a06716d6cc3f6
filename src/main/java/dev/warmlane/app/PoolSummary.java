package dev.warmlane.app;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.Probation;
import dev.warmlane.core.health.PoolHealth;
import java.util.ArrayList;
import java.util.List;

/** One line on a pool for operators: how many endpoints are selectable, and what is wrong with the others. */
final class PoolSummary {
    private static final int NAMED = 5;

    private PoolSummary() {}

    static String of(PoolHealth health) {
        EndpointSnapshot snapshot = health.pool().snapshot();
        List<String> out = new ArrayList<>();
        for (Endpoint endpoint : snapshot.endpoints()) {
            EndpointHealth known = health.of(endpoint.id());
            if (known instanceof Ejected ejected) {
                out.add("%s ejected (%s)"
                        .formatted(endpoint.name(), ejected.reason().label()));
            } else if (known instanceof Probation probation) {
                out.add("%s on probation (%s)"
                        .formatted(endpoint.name(), probation.reason().label()));
            }
        }
        StringBuilder summary = new StringBuilder("%d of %d endpoints selectable"
                .formatted(snapshot.selectable().size(), snapshot.endpoints().size()));
        if (snapshot.isPanic()) {
            summary.append(", as too few are healthy to be used alone");
        }
        if (!out.isEmpty()) {
            summary.append("; ").append(String.join(", ", out.subList(0, Math.min(NAMED, out.size()))));
        }
        if (out.size() > NAMED) {
            summary.append(" and %d more".formatted(out.size() - NAMED));
        }
        return summary.toString();
    }
}
