package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import java.util.Locale;

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

    /** Why an endpoint gave no usable response, as far as that says something of the endpoint. */
    enum FailureCause {
        /** Connecting failed, or took too long. */
        CONNECT(true, "cannot connect"),
        /** The connection broke before the response was complete. */
        RESET(true, "connection broke"),
        /** It answered that it is unavailable: see {@link #isUnavailable}. */
        UNAVAILABLE(true, "status 502, 503 or 504"),
        /** It did not answer in time. */
        TIMEOUT(true, "timeout"),
        /** It answered that it aborted the request before the first token. */
        ABORT(true, "aborted before the first token"),
        /** It answered that its queue is full, so that another may take the request. */
        FULL(false, "queue full"),
        /** It answered that it does not have the model that was asked for, such as an adapter that was unloaded. */
        NO_MODEL(false, "model not served"),
        /** Nothing that is the endpoint's fault, such as no connection free. */
        OTHER(false, "other");

        private final boolean blamesEndpoint;

        private final String words;

        FailureCause(boolean blamesEndpoint, String words) {
            this.blamesEndpoint = blamesEndpoint;
            this.words = words;
        }

        /** Whether a status is one that proxies and servers answer that cannot serve the request, or are stopping. */
        public static boolean isUnavailable(int status) {
            return status >= 502 && status <= 504;
        }

        /** Whether the endpoint is to blame, so that it counts against it. */
        public boolean blamesEndpoint() {
            return blamesEndpoint;
        }

        /** Whether the server has probably gone, and its cache with it. */
        public boolean losesCache() {
            return this == CONNECT;
        }

        /** What people read. */
        public String words() {
            return words;
        }

        /** The name in metric labels and log lines, lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
