package dev.warmlane.app;

import dev.warmlane.core.health.PoolHealth;
import java.util.List;

/**
 * The health of all pools, in the order of the settings.
 *
 * @param all one for each pool
 */
record PoolHealths(List<PoolHealth> all) {
    PoolHealths {
        all = List.copyOf(all);
    }

    /** @throws IllegalArgumentException if no pool has this name */
    PoolHealth get(String pool) {
        return all.stream()
                .filter(health -> health.pool().name().equals(pool))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("pool: %s (expected: one of the settings)".formatted(pool)));
    }
}
