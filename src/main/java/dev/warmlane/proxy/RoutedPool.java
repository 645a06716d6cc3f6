package dev.warmlane.proxy;

import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.routing.Router;
import org.jspecify.annotations.Nullable;

/**
 * A pool that requests can be sent to.
 *
 * @param router chooses its endpoints
 * @param apiKey the key its endpoints ask for; null passes the client's Authorization on
 * @param queue where requests wait while all endpoints are full
 */
public record RoutedPool(Router router, @Nullable String apiKey, AdmissionQueue queue) {

    public String name() {
        return router.pool().name();
    }

    /** Keeps the key out of logs. */
    @Override
    public String toString() {
        return "RoutedPool[" + name() + "]";
    }
}
