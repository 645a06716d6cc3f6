package dev.warmlane.ops.actuator;

import dev.warmlane.engines.models.ServedModels;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Down, and so not ready, until the engines have been asked once for their models: before that a replica would answer that
 * there are none. Up from then on, whatever becomes of the endpoints.
 */
public final class ModelsHealthIndicator implements HealthIndicator {
    private final ServedModels models;
    private final DiscoveryHealthIndicator discovery;
    private volatile boolean known;

    /** @param discovery says when there is a list of endpoints to ask */
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
        return health.withDetail("models", models.catalog().models().size()).build();
    }
}
