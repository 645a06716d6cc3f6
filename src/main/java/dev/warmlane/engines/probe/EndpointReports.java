package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.EndpointId;

/** The latest report of every endpoint. Safe to read from any thread, without waiting. */
@FunctionalInterface
public interface EndpointReports {
    /** The latest report; {@link EndpointReport#NONE} for an endpoint that is unknown or has not been asked yet. */
    EndpointReport report(EndpointId id);
}
