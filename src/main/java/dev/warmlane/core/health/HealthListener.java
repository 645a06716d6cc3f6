package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import org.jspecify.annotations.Nullable;

/** Is told when the health of an endpoint or a pool changes. Called by whatever thread brought the news; must not wait. */
public interface HealthListener {

    /** An endpoint changed from one kind of health to another, or was ejected anew. */
    default void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth now) {}

    /**
     * A health check of an endpoint has failed.
     *
     * @param inARow how many have, at least 1
     * @param silent whether no byte has come from the endpoint, on any connection, since the check began
     */
    default void checkFailed(Endpoint endpoint, FailureCause cause, int inARow, boolean silent) {}

    /**
     * A request to an endpoint or a check of it has failed, and that counts against it.
     *
     * @param why a few words without addresses or content
     */
    default void failed(Endpoint endpoint, String why) {}

    /**
     * Something about an endpoint is worth a line in the log.
     *
     * @param what what, such as "healthy again"
     * @param why a few words; null where there is nothing to say
     */
    default void noted(Endpoint endpoint, String what, @Nullable String why) {}

    /** Time has passed; about once a second. */
    default void ticked() {}

    /** A health check found that nobody listens at an endpoint. */
    default void refused(Endpoint endpoint) {}

    /** A request could not connect to an endpoint, or its connection broke. */
    default void lost(Endpoint endpoint) {}

    /** An endpoint is another process than before, which its checks have not seen. */
    default void restarted(Endpoint endpoint) {}

    /** The engine of an endpoint went to sleep, which empties its cache, or woke up. */
    default void slept(Endpoint endpoint, boolean asleep) {}

    /**
     * So few endpoints are healthy that all are used, or no longer so.
     *
     * @param healthy how many are
     * @param endpoints how many discovery calls ready
     */
    default void panic(boolean panic, int healthy, int endpoints) {}
}
