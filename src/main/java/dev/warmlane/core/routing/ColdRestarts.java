package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.HealthListener;

/**
 * Tells the router of endpoints that nobody listened at and that come back: the process is another, and its cache is empty. A
 * static endpoint has the same identity as before, so nothing else would tell. An engine that falls asleep drops its cache, too.
 */
public final class ColdRestarts implements HealthListener {
    private final Router router;

    public ColdRestarts(Router router) {
        this.router = router;
    }

    @Override
    public void slept(Endpoint endpoint, boolean asleep) {
        if (asleep) {
            router.restarted(endpoint.id());
        }
    }

    @Override
    public void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth now) {
        if (before instanceof EndpointHealth.Ejected && now.cacheLost()) {
            router.restarted(endpoint.id());
        }
    }
}
