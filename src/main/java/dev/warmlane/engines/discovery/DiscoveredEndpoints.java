package dev.warmlane.engines.discovery;

import dev.warmlane.core.endpoint.Endpoint;
import java.util.List;

/**
 * The endpoints that a source lists. Immutable.
 *
 * @param endpoints ordered by name, each id once
 * @param warnings what was left out and why, a sentence each, in a stable order
 */
record DiscoveredEndpoints(List<Endpoint> endpoints, List<String> warnings) {
    DiscoveredEndpoints {
        endpoints = List.copyOf(endpoints);
        warnings = List.copyOf(warnings);
    }
}
