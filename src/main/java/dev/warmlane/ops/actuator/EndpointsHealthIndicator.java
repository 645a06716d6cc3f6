package dev.warmlane.ops.actuator;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.endpoint.Role;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.Probation;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Whether the pools have healthy endpoints, and which pools have too few for what reason: degraded where one has none or uses
 * failing ones, down where none has any. Not part of readiness, because a gateway that says why it fails serves its clients
 * better than one that is gone.
 */
public final class EndpointsHealthIndicator implements HealthIndicator {
    /** Serves, but worse than it should; HTTP status 200. */
    public static final String DEGRADED = "DEGRADED";

    private static final int NAMED = 5;

    private final Pools pools;

    public EndpointsHealthIndicator(Pools pools) {
        this.pools = pools;
    }

    @Override
    public Health health() {
        Health.Builder health = Health.up();
        boolean serves = false;
        boolean degraded = false;
        for (Pool pool : pools.all()) {
            EndpointSnapshot snapshot = pool.endpoints().snapshot();
            boolean lacksPrefill = lacksPrefill(pool);
            serves |= snapshot.healthy() > 0 && !lacksPrefill;
            if (snapshot.healthy() == 0 || snapshot.isPanic() || lacksPrefill) {
                degraded = true;
                health.withDetail(pool.name(), summary(pool));
            }
        }
        if (!serves) {
            return health.down().build();
        }
        return degraded ? health.status(DEGRADED).build() : health.build();
    }

    /** Whether decode endpoints may not compute prompts, and nobody else does. */
    private static boolean lacksPrefill(Pool pool) {
        EndpointSnapshot snapshot = pool.endpoints().snapshot();
        return !pool.prefillDecode().decodeAlone()
                && snapshot.prefill().isEmpty()
                && !snapshot.selectable().isEmpty()
                && snapshot.selectable().stream().allMatch(endpoint -> endpoint.role() == Role.DECODE);
    }

    /** One line: how many endpoints are selectable, and which are out for what reason. */
    static String summary(Pool pool) {
        EndpointSnapshot snapshot = pool.endpoints().snapshot();
        List<String> out = new ArrayList<>();
        for (Endpoint endpoint : snapshot.endpoints()) {
            EndpointHealth known = pool.health().of(endpoint.id());
            if (known instanceof Ejected ejected) {
                out.add("%s ejected (%s)"
                        .formatted(endpoint.name(), ejected.reason().label()));
            } else if (known instanceof Probation probation) {
                out.add("%s on probation (%s)"
                        .formatted(endpoint.name(), probation.reason().label()));
            }
        }
        StringBuilder summary = new StringBuilder("%d of %d endpoints selectable"
                .formatted(snapshot.healthy(), snapshot.endpoints().size()));
        if (snapshot.isPanic()) {
            summary.append(", too few to be used alone, so all are used");
        }
        if (lacksPrefill(pool)) {
            summary.append(", none of role prefill");
        } else if (snapshot.healthy() == 0 && !snapshot.prefill().isEmpty()) {
            summary.append(", those that are ready have role prefill");
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
