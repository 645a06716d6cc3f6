package dev.warmlane.ops.actuator;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.Probation;
import dev.warmlane.engines.discovery.DiscoveryStatus;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * How many endpoints each pool has, what is wrong with them, and how well discovery follows its sources. Down, and so not
 * ready, until each source has listed its endpoints once: a replica that knows no endpoints must not get traffic. A source
 * that is lost later is shown and no more, because the last known endpoints still serve.
 */
public final class DiscoveryHealthIndicator implements HealthIndicator {
    private static final int NAMED = 5;

    private final Pools pools;

    public DiscoveryHealthIndicator(Pools pools) {
        this.pools = pools;
    }

    @Override
    public Health health() {
        Health.Builder health = isSynced() ? Health.up() : Health.down();
        Map<String, List<DiscoveryStatus>> sources = new LinkedHashMap<>();
        for (Pool pool : pools.all()) {
            health.withDetail(pool.name(), summary(pool));
            String source = pool.discovery().source();
            if (source != null) {
                sources.computeIfAbsent(source, first -> new ArrayList<>())
                        .add(pool.discovery().status());
            }
        }
        return health.withDetails(sources).build();
    }

    /** Whether each source has listed its endpoints. */
    boolean isSynced() {
        return pools.all().stream()
                .noneMatch(pool -> pool.discovery().status().state() == DiscoveryStatus.State.SYNCING);
    }

    /** One line: how many endpoints are selectable, and which are out for what reason. */
    private static String summary(Pool pool) {
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
