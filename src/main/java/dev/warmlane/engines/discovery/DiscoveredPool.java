package dev.warmlane.engines.discovery;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the endpoints that a source lists into a pool, and logs each change in one line. For one thread at a time. */
final class DiscoveredPool {
    private static final Logger log = LoggerFactory.getLogger(DiscoveredPool.class);

    private final EndpointPool pool;
    private @Nullable DiscoveredEndpoints last;

    DiscoveredPool(EndpointPool pool) {
        this.pool = pool;
    }

    /** Replaces the endpoints of the pool, if they have changed. */
    void apply(DiscoveredEndpoints now) {
        DiscoveredEndpoints before = last;
        if (now.equals(before)) {
            return;
        }
        last = now;
        now.warnings().stream()
                .filter(warning -> before == null || !before.warnings().contains(warning))
                .forEach(warning -> log.warn("pool {}: {}", pool.name(), warning));
        if (before == null || !now.endpoints().equals(before.endpoints())) {
            pool.replace(now.endpoints());
            logChange(before == null ? List.of() : before.endpoints(), now.endpoints());
        }
    }

    private void logChange(List<Endpoint> before, List<Endpoint> now) {
        Set<EndpointId> added = ids(now);
        added.removeAll(ids(before));
        Set<EndpointId> removed = ids(before);
        removed.removeAll(ids(now));
        log.info(
                "pool {}: {} endpoints, {} ready, {} draining, {} unready ({} added, {} removed)",
                pool.name(),
                now.size(),
                count(now, EndpointState.READY),
                count(now, EndpointState.DRAINING),
                count(now, EndpointState.UNREADY),
                added.size(),
                removed.size());
    }

    private static Set<EndpointId> ids(List<Endpoint> endpoints) {
        return endpoints.stream().map(Endpoint::id).collect(Collectors.toCollection(HashSet::new));
    }

    private static long count(List<Endpoint> endpoints, EndpointState state) {
        return endpoints.stream().filter(endpoint -> endpoint.state() == state).count();
    }

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
}
