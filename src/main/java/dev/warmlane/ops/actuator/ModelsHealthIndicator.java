package dev.warmlane.ops.actuator;

import dev.warmlane.engines.models.ServedModels;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Down, and so not ready, until every engine has been asked for its models once: before that a replica would respond that there
 * are none. Up from then on; a pool whose models stay unknown is told with the reason.
 */
public final class ModelsHealthIndicator implements HealthIndicator {
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
