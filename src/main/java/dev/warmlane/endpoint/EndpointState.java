package dev.warmlane.endpoint;

import java.util.Locale;

/** Whether an endpoint may receive requests, and which. */
public enum EndpointState {
    /** Receives everything. */
    READY,
    /** Receives everything, with a load bound that still grows. */
    STARTING,
    /** Terminating but still serving: finishes what it has, receives only requests that are bound to it. */
    DRAINING,
    /** Taken out for failing; receives nothing but probes. */
    EJECTED,
    /** Known but not ready; receives nothing, what is known of its cache is kept. */
    UNREADY;

    /** Whether requests that belong to no endpoint may go here. */
    public boolean acceptsNew() {
        return this == READY || this == STARTING;
    }

    /** Whether requests bound to this endpoint may go here. */
    public boolean acceptsBound() {
        return acceptsNew() || this == DRAINING;
    }

    /** The name in endpoints and metric labels, lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
