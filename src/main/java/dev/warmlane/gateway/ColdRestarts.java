package dev.warmlane.gateway;

import dev.warmlane.endpoint.Endpoint;
import dev.warmlane.health.EndpointHealth;
import dev.warmlane.health.HealthListener;
import dev.warmlane.routing.Router;

/**
 * Tells the router of endpoints that nobody listened at and that come back: the process is another, and its cache is empty. A
 * static endpoint has the same identity as before, so nothing else would tell.
 */
final class ColdRestarts implements HealthListener {
    private final Router router;

    ColdRestarts(Router router) {
        this.router = router;
    }

    @Override
    public void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth now) {
        if (before instanceof EndpointHealth.Ejected && now.cacheLost()) {
            router.restarted(endpoint.id());
        }
    }
}
