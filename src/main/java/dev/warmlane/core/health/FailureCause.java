package dev.warmlane.core.health;

import java.util.Locale;

/** Why an endpoint gave no usable response, as far as that says something of the endpoint. */
public enum FailureCause {
    /** Connecting failed, or took too long. */
    CONNECT(true),
    /** The connection broke before the response was complete. */
    RESET(true),
    /** It answered that it is unavailable: see {@link #isUnavailable}. */
    UNAVAILABLE(true),
    /** It did not answer in time. */
    TIMEOUT(true),
    /** It answered that it aborted the request before the first token. */
    ABORT(true),
    /** It answered that its queue is full, so that another may take the request. */
    FULL(false),
    /** Nothing that is the endpoint's fault, such as no connection free. */
    OTHER(false);

    private final boolean blamesEndpoint;

    FailureCause(boolean blamesEndpoint) {
        this.blamesEndpoint = blamesEndpoint;
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

    /** The name in metric labels and log lines, lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
