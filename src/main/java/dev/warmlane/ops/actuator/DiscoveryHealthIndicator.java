package dev.warmlane.ops.actuator;

import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.engines.models.ServedModels;
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
    private final Pools pools;

    public DiscoveryHealthIndicator(Pools pools) {
        this.pools = pools;
    }

    @Override
    public Health health() {
        Health.Builder health = isSynced() ? Health.up() : Health.down();
        Map<String, List<DiscoveryStatus>> sources = new LinkedHashMap<>();
        for (Pool pool : pools.all()) {
            health.withDetail(pool.name(), EndpointsHealthIndicator.summary(pool));
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

    /**
     * Down, and so not ready, until every engine has been asked for its models once: before that a replica would respond that there
     * are none. Up from then on; a pool whose models stay unknown is told with the reason.
     */
    public static final class ModelsHealthIndicator implements HealthIndicator {
        private final ServedModels models;
        private final DiscoveryHealthIndicator discovery;
        private volatile boolean known;

        /** @param discovery knows when all endpoints are listed */
        public ModelsHealthIndicator(ServedModels models, DiscoveryHealthIndicator discovery) {
            this.models = models;
            this.discovery = discovery;
        }

        @Override
        public Health health() {
            if (!known && discovery.isSynced() && models.isKnown()) {
                known = true;
            }
            Health.Builder health = known ? Health.up() : Health.down();
            Map<String, String> failures = models.failures();
            if (!failures.isEmpty()) {
                health.withDetail("unknown", failures);
            }
            return health.withDetail("models", models.catalog().models().size()).build();
        }
    }
}
