package dev.warmlane.gateway;

import dev.warmlane.discovery.DiscoveryStatus;
import dev.warmlane.proxy.RoutedPool;
import dev.warmlane.proxy.RoutedPools;
import java.util.List;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * How many endpoints each pool has, and how well Kubernetes is followed. Down, and so not ready, until the first list of
 * endpoints has come: a replica that knows no pods must not get traffic. A watch that has fallen silent is shown and no more,
 * because the endpoints known last still serve.
 */
final class DiscoveryHealthIndicator implements HealthIndicator {
    private final RoutedPools pools;
    private final DiscoveryConfiguration.Discoveries discoveries;

    DiscoveryHealthIndicator(RoutedPools pools, DiscoveryConfiguration.Discoveries discoveries) {
        this.pools = pools;
        this.discoveries = discoveries;
    }

    @Override
    public Health health() {
        List<DiscoveryStatus> statuses = discoveries.kubernetes().stream()
                .map(discovery -> discovery.status())
                .toList();
        boolean synced = statuses.stream().noneMatch(status -> status.state() == DiscoveryStatus.State.SYNCING);
        Health.Builder health = synced ? Health.up() : Health.down();
        for (RoutedPool pool : pools.all()) {
            int endpoints = pool.router().pool().snapshot().endpoints().size();
            int selectable = pool.router().pool().snapshot().selectable().size();
            health.withDetail(pool.name(), "%d of %d endpoints selectable".formatted(selectable, endpoints));
        }
        if (!statuses.isEmpty()) {
            health.withDetail("kubernetes", statuses);
        }
        return health.build();
    }
}
