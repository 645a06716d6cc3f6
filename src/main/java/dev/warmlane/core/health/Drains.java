package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.EndpointId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/** The servers of one pool that operators have taken out of use, at this replica or another. Safe for concurrent use. */
public final class Drains {
    private final CurrentHealth health;
    private final ColdCaches caches;
    private final Presence presence;
    private final Map<EndpointId, Drain> said = new ConcurrentHashMap<>();
    private volatile BiConsumer<EndpointId, Drain> replicas = (endpoint, drain) -> {};

    Drains(CurrentHealth health, ColdCaches caches, Presence presence) {
        this.health = health;
        this.caches = caches;
        this.presence = presence;
    }

    /**
     * Whether operators have taken an endpoint out.
     *
     * @param drained if not, they have put it back
     * @param atMillis when they said so, in milliseconds since 1970; of two, the later counts, and of two at once the one that takes
     *     it out
     */
    public record Drain(boolean drained, long atMillis) {
        private boolean isAfter(Drain other) {
            return atMillis > other.atMillis || (atMillis == other.atMillis && drained && !other.drained);
        }
    }

    /** The operators' last order for each server that they gave one for. */
    public Map<EndpointId, Drain> all() {
        return Map.copyOf(said);
    }

    /**
     * Takes a server out of use at this replica, or puts it back. It finishes what it has.
     *
     * @return whether that is news
     */
    public boolean here(EndpointId endpoint, Drain drain) {
        if (!health.isListed(endpoint) || !isLatest(endpoint.server(), drain)) {
            return false;
        }
        if (!drain.drained()) {
            caches.putBack(endpoint.server());
        }
        health.pool().refresh();
        String what = drain.drained() ? "drained by an operator" : "put back by an operator";
        health.tell(endpoint, (listener, listed) -> listener.noted(listed, what, null));
        return true;
    }

    /** An operator drains an endpoint, or puts it back, at all replicas. Returns whether that is news. */
    public boolean everywhere(EndpointId endpoint, Drain drain) {
        boolean isNews = here(endpoint, drain);
        if (isNews) {
            replicas.accept(endpoint.server(), drain);
        }
        return isNews;
    }

    /** Sets the listener for the operators' orders here, by which other replicas learn of them. */
    public void onDrain(BiConsumer<EndpointId, Drain> listener) {
        replicas = listener;
    }

    synchronized void forget(EndpointId server) {
        said.remove(server);
    }

    private synchronized boolean isLatest(EndpointId server, Drain drain) {
        Drain before = said.get(server);
        if (before != null && !drain.isAfter(before)) {
            return false;
        }
        said.put(server, drain);
        presence.drained(server, drain.drained());
        return true;
    }
}
