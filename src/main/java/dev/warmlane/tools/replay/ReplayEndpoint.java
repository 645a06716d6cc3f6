package dev.warmlane.tools.replay;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.tools.simulator.engine.EngineStats;
import dev.warmlane.tools.simulator.engine.SimulatedEngine;
import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** An endpoint with its engine and the requests that it is working on. */
final class ReplayEndpoint {
    /** A request that it works on. */
    interface Work {
        /** The endpoint is lost, and this with it. */
        void abort(long nowNanos);
    }

    private final int place;
    private final int incarnation;
    private Endpoint endpoint;
    private final SimulatedEngine engine;
    private final Set<Work> requests = new LinkedHashSet<>();
    /** When its network interface has carried what it carries now. */
    long interfaceFreeNanos;

    /**
     * @param place stays the same for what takes its place after a restart
     * @param incarnation tells those apart
     * @param role what it computes
     */
    ReplayEndpoint(int place, int incarnation, Role role, SimulatedEngine engine) {
        this.place = place;
        this.incarnation = incarnation;
        this.engine = engine;
        String name = "pod-%d-%d".formatted(place, incarnation);
        this.endpoint = new Endpoint(
                        new EndpointId(name), name, URI.create("http://%s:8000".formatted(name)), EndpointState.READY)
                .withRole(role);
    }

    int place() {
        return place;
    }

    int incarnation() {
        return incarnation;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    SimulatedEngine engine() {
        return engine;
    }

    /** Whether it gets no new sessions, as it will be gone soon. */
    boolean isLeaving() {
        return endpoint.state().ends();
    }

    void leaves() {
        endpoint = endpoint.withState(EndpointState.DRAINING);
    }

    void begin(Work request) {
        requests.add(request);
    }

    void end(Work request) {
        requests.remove(request);
    }

    /** The requests it is working on, in the order they came; a copy. */
    List<Work> requests() {
        return List.copyOf(requests);
    }

    /** @throws IllegalStateException if its engine still runs, or holds a block for, any request */
    void checkIdle() {
        EngineStats stats = engine.stats();
        if (!requests.isEmpty() || stats.running() != 0 || stats.waiting() != 0 || stats.kvCacheUsage() != 0) {
            throw new IllegalStateException(
                    "%s: %d requests, %d running, %d waiting, %s of the blocks held (expected: 0)"
                            .formatted(
                                    endpoint.name(),
                                    requests.size(),
                                    stats.running(),
                                    stats.waiting(),
                                    stats.kvCacheUsage()));
        }
    }
}
