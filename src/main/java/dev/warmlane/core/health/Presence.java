package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which servers of a pool are there to respond, apart from how well they did: when each was last heard, which are suspected
 * of hanging, whose engines sleep, and which operators drain. Safe for concurrent use; hearing an endpoint takes no lock.
 */
final class Presence {
    private final Map<EndpointId, AtomicLong> heard = new ConcurrentHashMap<>();
    private volatile Set<EndpointId> suspects = Set.of();
    private volatile Set<EndpointId> asleep = Set.of();
    private volatile Set<EndpointId> drained = Set.of();

    /** Takes up an endpoint, which counts as heard now. */
    void follow(EndpointId id, long nowNanos) {
        heard.computeIfAbsent(id, added -> new AtomicLong(nowNanos));
    }

    synchronized void forget(EndpointId id) {
        heard.remove(id);
        suspects = changed(suspects, id, false);
        asleep = changed(asleep, id, false);
        drained = changed(drained, id, false);
    }

    /** A byte has come from it. */
    void heard(EndpointId id, long nowNanos) {
        AtomicLong last = heard.get(id);
        if (last != null) {
            last.lazySet(nowNanos);
        }
    }

    boolean heardSince(EndpointId id, long nanos) {
        AtomicLong last = heard.get(id);
        return last != null && last.get() - nanos >= 0;
    }

    /** @return whether that is news */
    synchronized boolean suspect(EndpointId id, boolean suspected) {
        Set<EndpointId> before = suspects;
        suspects = changed(before, id, suspected);
        return before != suspects;
    }

    /** @return whether that is news */
    synchronized boolean sleeps(EndpointId id, boolean sleeps) {
        Set<EndpointId> before = asleep;
        asleep = changed(before, id, sleeps);
        return before != asleep;
    }

    synchronized void drained(EndpointId id, boolean drain) {
        drained = changed(drained, id, drain);
    }

    /**
     * Lays this over a snapshot. Where more than half of the endpoints that take requests are suspects, none is: then the
     * network or this process is more likely to hang than all of them.
     */
    EndpointSnapshot over(EndpointSnapshot snapshot) {
        if (suspects.isEmpty() && asleep.isEmpty() && drained.isEmpty()) {
            return snapshot;
        }
        List<Endpoint> awake = snapshot.endpoints().stream().map(this::inUse).toList();
        long accepting = awake.stream().filter(e -> e.state().acceptsNew()).count();
        long suspected = awake.stream().filter(this::isSuspect).count();
        List<Endpoint> trusted = 2 * suspected > accepting
                ? awake
                : awake.stream()
                        .map(e -> isSuspect(e) ? e.withState(EndpointState.SUSPECT) : e)
                        .toList();
        return new EndpointSnapshot(trusted, snapshot.isPanic());
    }

    private Endpoint inUse(Endpoint endpoint) {
        if (endpoint.state() != EndpointState.UNREADY
                && drained.contains(endpoint.id().server())) {
            return endpoint.withState(EndpointState.DRAINED);
        }
        return asleep.contains(endpoint.id().server()) && endpoint.state().isDiscoveredReady()
                ? endpoint.withState(EndpointState.SLEEPING)
                : endpoint;
    }

    private boolean isSuspect(Endpoint endpoint) {
        return endpoint.state().acceptsNew() && suspects.contains(endpoint.id().server());
    }

    private static Set<EndpointId> changed(Set<EndpointId> before, EndpointId id, boolean contained) {
        if (before.contains(id) == contained) {
            return before;
        }
        Set<EndpointId> after = new HashSet<>(before);
        if (contained) {
            after.add(id);
        } else {
            after.remove(id);
        }
        return Set.copyOf(after);
    }
}
