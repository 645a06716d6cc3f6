package dev.warmlane.ops.dashboard;

import dev.warmlane.core.routing.Router;
import java.util.function.BooleanSupplier;

/**
 * Where the page reads of a pool.
 *
 * @param router its router
 * @param discoveryStale whether its endpoints are those known last because Kubernetes is not followed
 */
public record PoolSources(Router router, BooleanSupplier discoveryStale) {
    String pool() {
        return router.pool().name();
    }
}
