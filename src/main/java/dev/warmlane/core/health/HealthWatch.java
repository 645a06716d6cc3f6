package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;

/**
 * Learns from every request how well its endpoint is. Each request that was sent tells it one thing: success, failure or
 * neither; a response that breaks off after it had begun is a success and then a failure. Safe for concurrent use; does not
 * wait.
 *
 * <p>The endpoint is always given as the snapshot lists it in which the request was decided: one on probation is judged by
 * that request.
 */
public interface HealthWatch {
    /** Learns nothing and admits everything. */
    HealthWatch NONE = new HealthWatch() {};

    /**
     * Whether a request may go to this endpoint now. An endpoint on probation takes one at a time: true claims that place for
     * the caller.
     */
    default boolean admits(Endpoint endpoint) {
        return true;
    }

    /** A byte of a response has come from the endpoint. */
    default void heard(Endpoint endpoint) {}

    /** The endpoint has answered. */
    default void succeeded(Endpoint endpoint) {}

    /** The endpoint has failed a request. */
    default void failed(Endpoint endpoint, FailureCause cause) {}

    /** A request is over that says nothing of the endpoint: the client left before the response. */
    default void undecided(Endpoint endpoint) {}
}
