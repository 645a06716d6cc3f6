package dev.warmlane.core.health;

import java.util.Locale;

/** Why an endpoint did not answer a request, as far as it says something of the endpoint. */
public enum FailureCause {
    /** Connecting failed, or took too long. */
    CONNECT(true),
    /** The connection broke before the response was complete. */
    RESET(true),
    /** It answered 502, 503 or 504. */
    UNAVAILABLE(true),
    /** It did not answer in time. */
    TIMEOUT(true),
    /** It answered that it aborted the request before the first token. */
    ABORT(true),
    /** Nothing that is the endpoint's fault, such as no connection free. */
    OTHER(false);

    private final boolean blamesEndpoint;

    FailureCause(boolean blamesEndpoint) {
        this.blamesEndpoint = blamesEndpoint;
    }

    /** Whether the endpoint is to blame, so that it counts against it. */
    public boolean blamesEndpoint() {
        return blamesEndpoint;
    }

    /** Whether the server has probably gone, and its cache with it. */
    public boolean losesCache() {
        return this == CONNECT;
    }

    /** The name in metric labels and log lines, lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
