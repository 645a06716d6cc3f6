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
 * Which servers of a pool are there to respond, whatever their success rate: when each was last heard, or found to be another
 * process, which are suspected of hanging, whose engines sleep, which operators drain, and whose caches are being filled. Safe for
 * concurrent use; hearing an endpoint takes no lock.
 */
final class Presence {
    private final Map<EndpointId, AtomicLong> heard = new ConcurrentHashMap<>();
    private final Map<EndpointId, Long> emptied = new ConcurrentHashMap<>();
    private final Set<EndpointId> toFill = ConcurrentHashMap.newKeySet();
    private volatile Set<EndpointId> suspects = Set.of();
    private volatile Set<EndpointId> asleep = Set.of();
    private volatile Set<EndpointId> drained = Set.of();
    private volatile Set<EndpointId> warming = Set.of();

    /** Adds an endpoint, which counts as heard now. */
    void follow(EndpointId id, long nowNanos) {
        heard.computeIfAbsent(id, added -> new AtomicLong(nowNanos));
    }

    synchronized void forget(EndpointId id) {
        heard.remove(id);
        emptied.remove(id);
        toFill.remove(id);
        suspects = changed(suspects, id, false);
        asleep = changed(asleep, id, false);
        drained = changed(drained, id, false);
        warming = changed(warming, id, false);
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

    /** It was found to be another process, whose cache is empty. */
    void emptied(EndpointId id, long nowNanos) {
        emptied.put(id, nowNanos);
    }

    boolean emptiedSince(EndpointId id, long nanos) {
        Long last = emptied.get(id);
        return last != null && last - nanos >= 0;
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

    boolean isDrained(EndpointId id) {
        return drained.contains(id);
    }

    /**
     * Its cache is to be filled once it is put back, or no longer.
     *
     * @return whether that is news
     */
    boolean fillLater(EndpointId id, boolean later) {
        return later ? toFill.add(id) : toFill.remove(id);
    }

    /** @return whether that is news */
    synchronized boolean warms(EndpointId id, boolean warms) {
        Set<EndpointId> before = warming;
        warming = changed(before, id, warms);
        return before != warming;
    }

    /** Servers whose caches are being filled. */
    Set<EndpointId> warming() {
        return warming;
    }

    /**
     * Lays this over a snapshot. Where more than half of the endpoints that take requests are suspects, none is: then the
     * network or this process is more likely to hang than all of them. Those whose caches are being filled wait only as long as
     * others take what would come to them.
     */
    EndpointSnapshot over(EndpointSnapshot snapshot) {
        if (suspects.isEmpty() && asleep.isEmpty() && drained.isEmpty()) {
            return holdingBack(snapshot);
        }
        List<Endpoint> awake = snapshot.endpoints().stream().map(this::inUse).toList();
        long accepting = awake.stream().filter(e -> e.state().acceptsNew()).count();
        long suspected = awake.stream().filter(this::isSuspect).count();
        List<Endpoint> trusted = 2 * suspected > accepting
                ? awake
                : awake.stream()
                        .map(e -> isSuspect(e) ? e.withState(EndpointState.SUSPECT) : e)
                        .toList();
        return holdingBack(new EndpointSnapshot(trusted, snapshot.isPanic()));
    }

    private EndpointSnapshot holdingBack(EndpointSnapshot snapshot) {
        if (warming.isEmpty()) {
            return snapshot;
        }
        List<Endpoint> held = snapshot.endpoints().stream()
                .map(e -> isWarming(e)
                                && e.state().acceptsNew()
                                && snapshot.endpoints().stream().anyMatch(other -> takesFor(e, other))
                        ? e.withState(EndpointState.WARMING)
                        : e)
                .toList();
        return new EndpointSnapshot(held, snapshot.isPanic());
    }

    private boolean isWarming(Endpoint endpoint) {
        return warming.contains(endpoint.id().server());
    }

    /** Whether the other endpoint takes what would come to the first, and more than a single request to be judged by. */
    private boolean takesFor(Endpoint first, Endpoint other) {
        return !isWarming(other)
                && (other.state() == EndpointState.READY || other.state() == EndpointState.STARTING)
                && other.role().decodes() == first.role().decodes();
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
