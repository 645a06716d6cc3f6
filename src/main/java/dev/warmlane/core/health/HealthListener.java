package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;

/** Hears when the health of an endpoint or a pool becomes another. Called by whatever thread brought the news; must not wait. */
public interface HealthListener {

    /** An endpoint changed from one kind of health to another, or was ejected anew. */
    default void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth now) {}

    /**
     * So few endpoints are healthy that all are used, or no longer so.
     *
     * @param healthy how many are
     * @param endpoints how many discovery calls ready
     */
    default void panic(boolean panic, int healthy, int endpoints) {}
}
