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
     * @param atMillis when they said so, in milliseconds since 1970; of two, the later counts
     */
    public record Drain(boolean drained, long atMillis) {}

    /** What operators said last of each server that they said anything of. */
    public Map<EndpointId, Drain> all() {
        return Map.copyOf(said);
    }

    /**
     * Takes a server out of use, or puts it back, whoever says so. It finishes what it has.
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

    /** Tells this what operators say here, so that other replicas hear of it; instead of what was told before. */
    public void onDrain(BiConsumer<EndpointId, Drain> listener) {
        replicas = listener;
    }

    synchronized void forget(EndpointId server) {
        said.remove(server);
    }

    private synchronized boolean isLatest(EndpointId server, Drain drain) {
        Drain before = said.get(server);
        if (before != null && drain.atMillis() <= before.atMillis()) {
            return false;
        }
        said.put(server, drain);
        presence.drained(server, drain.drained());
        return true;
    }
}
