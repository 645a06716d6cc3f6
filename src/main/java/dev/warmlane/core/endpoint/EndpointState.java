package dev.warmlane.core.endpoint;

/** Whether an endpoint may receive requests, and which. Discovery and the health of an endpoint decide it together. */
public enum EndpointState {
    /** Receives everything. */
    READY("ready"),
    /** Receives everything, with a load bound that still grows. */
    STARTING("starting"),
    /** Was ejected; receives one request, by which it is judged. */
    PROBATION("ejected"),
    /** Terminating but still serving: finishes what it has, receives only requests that are bound to it. */
    DRAINING("draining"),
    /** Receives nothing for a moment; what is bound to it goes elsewhere meanwhile and comes back. */
    SUSPENDED("ejected"),
    /** Taken out for failing; receives nothing but probes, and what is bound to it moves. */
    EJECTED("ejected"),
    /** Its health check is late and nothing else comes from it: receives nothing until it is heard again. */
    SUSPECT("suspect"),
    /** Its engine sleeps and would let requests hang: receives nothing until it is awake. */
    SLEEPING("sleeping"),
    /** Taken out by an operator: finishes what it has and receives nothing more; what is bound to it moves. */
    DRAINED("drained"),
    /** Known but not ready; receives nothing, what is known of its cache is kept. */
    UNREADY("unready");

    private final String label;

    EndpointState(String label) {
        this.label = label;
    }

    /** Whether requests that belong to no endpoint may go here. */
    public boolean acceptsNew() {
        return this == READY || this == STARTING || this == PROBATION;
    }

    /** Whether requests bound to this endpoint may go here. */
    public boolean acceptsBound() {
        return acceptsNew() || this == DRAINING;
    }

    /** Whether what is bound to this endpoint, and cannot go there now, stays bound to it. */
    public boolean keepsBindings() {
        return this == SUSPENDED || this == SUSPECT;
    }

    /**
     * Whether it would receive everything if only it did not fail: discovery says that it is ready, it is awake, and no operator
     * drains it.
     */
    public boolean isDiscoveredReady() {
        return this != DRAINING && this != UNREADY && this != SLEEPING && this != DRAINED;
    }

    /** The name in endpoints and metric labels, lower case; several states that look the same to operators share one. */
    public String label() {
        return label;
    }
}
