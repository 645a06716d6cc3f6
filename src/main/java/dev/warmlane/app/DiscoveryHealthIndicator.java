package dev.warmlane.app;

import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.engines.discovery.DiscoveryStatus;
import java.util.List;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * How many endpoints each pool has and what is wrong with them, and how well Kubernetes is followed. Down, and so not ready, until the first list of
 * endpoints has come: a replica that knows no pods must not get traffic. A watch that has fallen silent is shown and no more,
 * because the endpoints known last still serve.
 */
final class DiscoveryHealthIndicator implements HealthIndicator {
    private final PoolHealths pools;
    private final DiscoveryConfiguration.Discoveries discoveries;

    DiscoveryHealthIndicator(PoolHealths pools, DiscoveryConfiguration.Discoveries discoveries) {
        this.pools = pools;
        this.discoveries = discoveries;
    }

    @Override
    public Health health() {
        List<DiscoveryStatus> statuses = statuses();
        Health.Builder health = isSynced(statuses) ? Health.up() : Health.down();
        for (PoolHealth pool : pools.all()) {
            health.withDetail(pool.pool().name(), PoolSummary.of(pool));
        }
        if (!statuses.isEmpty()) {
            health.withDetail("kubernetes", statuses);
        }
        return health.build();
    }

    /** Whether the first list of endpoints has come. */
    boolean isSynced() {
        return isSynced(statuses());
    }

    private static boolean isSynced(List<DiscoveryStatus> statuses) {
        return statuses.stream().noneMatch(status -> status.state() == DiscoveryStatus.State.SYNCING);
    }

    private List<DiscoveryStatus> statuses() {
        return discoveries.kubernetes().stream()
                .map(discovery -> discovery.status())
                .toList();
    }
}
