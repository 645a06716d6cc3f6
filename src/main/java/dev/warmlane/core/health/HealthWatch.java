package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import java.util.Locale;

/**
 * Learns from every request how healthy its endpoint is. Each request that was sent reports one thing: success, failure or
 * neither; a response that breaks off after it has begun is a success and then a failure. Safe for concurrent use; does not
 * wait.
 *
 * <p>The endpoint is always given as in the snapshot by which the request was decided: one on probation is judged by that
 * request.
 */
public interface HealthWatch {
    /** Learns nothing and admits everything. */
    HealthWatch NONE = new HealthWatch() {};

    /**
     * Whether a request may go to this endpoint now. An endpoint on probation takes one at a time: true gives that one to the
     * caller.
     */
    default boolean admits(Endpoint endpoint) {
        return true;
    }

    /** A byte of a response has come from the endpoint. */
    default void heard(Endpoint endpoint) {}

    /** The endpoint has responded. */
    default void succeeded(Endpoint endpoint) {}

    /** The endpoint has failed a request. */
    default void failed(Endpoint endpoint, FailureCause cause) {}

    /** A request has ended that says nothing about the endpoint: the client left before the response. */
    default void undecided(Endpoint endpoint) {}

    /** Why an endpoint gave no usable response, as far as that says something about the endpoint. */
    enum FailureCause {
        /** Connecting failed, or took too long. */
        CONNECT(true, "cannot connect"),
        /** The connection broke before the response was complete. */
        RESET(true, "connection broke"),
        /** It responded that it is unavailable: see {@link #isUnavailable}. */
        UNAVAILABLE(true, "status 502, 503 or 504"),
        /** It did not respond in time. */
        TIMEOUT(true, "timeout"),
        /** It responded that it aborted the request before the first token. */
        ABORT(true, "aborted before the first token"),
        /** It responded that its queue is full, so another may take the request. */
        FULL(false, "queue full"),
        /** It responded that it does not have the requested model, such as an unloaded adapter. */
        NO_MODEL(false, "model not served"),
        /** Nothing that is the endpoint's fault, such as no connection free. */
        OTHER(false, "other");

        private final boolean blamesEndpoint;

        private final String words;

        FailureCause(boolean blamesEndpoint, String words) {
            this.blamesEndpoint = blamesEndpoint;
            this.words = words;
        }

        /** Whether a status is that of proxies and servers that cannot serve a request or are stopping. */
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
