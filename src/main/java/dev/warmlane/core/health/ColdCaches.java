package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.Probation;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The servers of one pool whose caches are empty, and those whose caches are about to be lost. Safe for concurrent use. */
public final class ColdCaches {
    private final CurrentHealth health;
    private final Presence presence;
    private final LongSupplier nanoClock;
    private volatile @Nullable Predicate<EndpointId> filler;
    private volatile @Nullable Consumer<EndpointId> heirs;

    ColdCaches(CurrentHealth health, Presence presence, LongSupplier nanoClock) {
        this.health = health;
        this.presence = presence;
        this.nanoClock = nanoClock;
    }

    /**
     * Sets what is asked whether to fill the cache of a server that is new, or comes back with an empty one. While it does, the
     * server gets no requests, as long as enough others do, until {@link #warmed} says that it may. It is not asked about the
     * servers of the first list: they were there before.
     *
     * @param fills may be called under the pool's lock, so it must not wait; {@link EndpointPool#refresh} shows what was decided
     */
    public void onCold(Predicate<EndpointId> fills) {
        filler = fills;
    }

    /**
     * The cache of a server is filled, or will not be: it may get requests.
     *
     * @param warmth share of what its pool is asked for that its cache holds now, in [0, 1]: its load begins with that, but with no less
     *     than that of an empty one
     * @param hasComputed whether it has computed anything
     */
    public void warmed(EndpointId endpoint, double warmth, boolean hasComputed) {
        if (presence.warms(endpoint.server(), false)
                && !health.change(
                        before -> before.warmed(endpoint.server(), warmth, hasComputed, nanoClock.getAsLong()))) {
            health.pool().refresh();
        }
    }

    /** A server has an empty cache. It is not held back where it would leave fewer that take requests than wait. */
    void cold(EndpointId server, EndpointSnapshot snapshot) {
        Predicate<EndpointId> fills = filler;
        Set<EndpointId> waiting = presence.warming();
        if (fills == null || waiting.contains(server)) {
            return;
        }
        if (presence.isDrained(server)) {
            presence.fillLater(server, true);
            return;
        }
        long others = snapshot.selectable().stream()
                .map(endpoint -> endpoint.id().server())
                .filter(id -> !id.equals(server) && !waiting.contains(id))
                .distinct()
                .count();
        if (others > waiting.size()) {
            // First, so that it is held back by the time it is filled.
            presence.warms(server, true);
            if (!fills.test(server)) {
                presence.warms(server, false);
            }
        }
    }

    /**
     * From now on tells this of each server that took requests and is about to end, or was taken out by an operator.
     *
     * @param listener may be called under the pool's lock, so it must not wait
     */
    public void onEnding(Consumer<EndpointId> listener) {
        heirs = listener;
    }

    /**
     * A server says of itself that it is another process than before: its cache is empty. Ignored where that is known already.
     *
     * @param sinceNanos when it was last known to be the former one
     */
    public void restarted(EndpointId endpoint, long sinceNanos) {
        EndpointId server = endpoint.server();
        if (!health.isListed(server) || presence.emptiedSince(server, sinceNanos)) {
            return;
        }
        boolean comesBack = health.of(server) instanceof Ejected;
        if (!comesBack) {
            presence.emptied(server, nanoClock.getAsLong());
            health.tell(server, (listener, listed) -> listener.restarted(listed));
            cold(server, health.pool().snapshot());
        }
        health.change(before -> before.restarted(server, nanoClock.getAsLong()));
    }

    /** An operator has put a server back, whose cache may have become empty meanwhile. */
    void putBack(EndpointId server) {
        if (presence.fillLater(server, false)) {
            cold(server, health.pool().snapshot());
        }
    }

    /** Asks for the caches of those that come back from an ejection in which they were lost. */
    void changed(HealthBook before, HealthBook after) {
        after.all().forEach((id, now) -> {
            if (before.of(id) instanceof Ejected && now instanceof Probation && now.cacheLost()) {
                presence.emptied(id, nanoClock.getAsLong());
                cold(id, health.pool().snapshot());
            }
        });
    }

    /** Reports the servers that are about to end since the last snapshot. */
    void follow(EndpointSnapshot before, EndpointSnapshot now) {
        Consumer<EndpointId> listener = heirs;
        if (listener != null) {
            now.endpoints().stream()
                    .filter(endpoint -> endpoint.state().ends() && tookRequests(before.find(endpoint.id())))
                    .map(endpoint -> endpoint.id().server())
                    .distinct()
                    .forEach(listener);
        }
    }

    private static boolean tookRequests(@Nullable Endpoint before) {
        return before != null && !before.state().ends() && before.state() != EndpointState.UNREADY;
    }
}
