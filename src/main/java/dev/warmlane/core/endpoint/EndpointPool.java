package dev.warmlane.core.endpoint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * The endpoints of a pool as one snapshot, replaced atomically: those that discovery lists, in the states that their health gives
 * them. A server that is known to have several data-parallel ranks is as many endpoints. Reading takes no lock. Replacing does, so
 * that listeners are called in the order of removals; who only {@linkplain #refresh refreshes} does not wait for them.
 */
public final class EndpointPool {
    /** As many ranks of a server are told apart; one that has more is one endpoint. */
    public static final int MAX_RANKS = 256;

    /** As a number of ranks: as many as each server is found to have. */
    public static final int RANKS_OF_EACH = 0;

    private final String name;
    private final int ranksOfAll;
    private final List<Consumer<Set<EndpointId>>> removalListeners = new CopyOnWriteArrayList<>();
    /** Held while endpoints are replaced, listeners included, which may take long; never taken under the pool's own lock. */
    private final Object replacing = new Object();

    private List<Endpoint> servers = List.of();
    private final Map<EndpointId, Integer> ranks = new HashMap<>();
    private EndpointSnapshot discovered = EndpointSnapshot.EMPTY;
    private UnaryOperator<EndpointSnapshot> overlay = UnaryOperator.identity();
    private volatile EndpointSnapshot snapshot = EndpointSnapshot.EMPTY;

    /** A pool whose servers have as many ranks as they are found to have. */
    public EndpointPool(String name) {
        this(name, RANKS_OF_EACH);
    }

    /** @param ranks how many each server has, whatever it is found to have; or {@link #RANKS_OF_EACH} */
    public EndpointPool(String name, int ranks) {
        this.name = name;
        this.ranksOfAll = ranks;
    }

    /** The pool's name. */
    public String name() {
        return name;
    }

    /** The endpoints as they are now. */
    public EndpointSnapshot snapshot() {
        return snapshot;
    }

    /**
     * Replaces the servers that discovery lists, then calls the removal listeners with the ids that are gone, if any are.
     *
     * @throws IllegalArgumentException if two endpoints have the same id; the pool is then unchanged
     */
    public void replace(List<Endpoint> listed) {
        synchronized (replacing) {
            EndpointSnapshot now = expanded(listed);
            servers = List.copyOf(listed);
            ranks.keySet().retainAll(listed.stream().map(Endpoint::id).collect(Collectors.toSet()));
            replace(now);
        }
    }

    /**
     * A server is found to have so many ranks: from now on it is as many endpoints, or one. Those that are no more are told to
     * the removal listeners.
     *
     * @return whether that has changed the endpoints
     */
    public boolean ranks(EndpointId server, int number) {
        int told = number > MAX_RANKS ? 1 : number;
        synchronized (replacing) {
            Integer before = ranks.get(server);
            if (ranksOfAll != RANKS_OF_EACH || (before != null && before == told)) {
                return false;
            }
            if (servers.stream().noneMatch(e -> e.id().equals(server))) {
                return false;
            }
            ranks.put(server, told);
            if (told == Objects.requireNonNullElse(before, 1)) {
                return false;
            }
            replace(expanded(servers));
            return true;
        }
    }

    /** How many ranks each server is known to have; none that nobody has told of. */
    public Map<EndpointId, Integer> ranks() {
        synchronized (replacing) {
            return Map.copyOf(ranks);
        }
    }

    private EndpointSnapshot expanded(List<Endpoint> listed) {
        if (ranksOfAll <= 1 && ranks.values().stream().allMatch(number -> number == 1)) {
            return new EndpointSnapshot(listed);
        }
        List<Endpoint> all = new ArrayList<>();
        for (Endpoint server : listed) {
            int number = ranksOfAll == RANKS_OF_EACH ? ranks.getOrDefault(server.id(), 1) : ranksOfAll;
            for (int rank = 0; rank < number; rank++) {
                all.add(number == 1 ? server : server.rank(rank));
            }
        }
        return new EndpointSnapshot(all);
    }

    private void replace(EndpointSnapshot now) {
        EndpointSnapshot before;
        synchronized (this) {
            before = discovered;
            discovered = now;
            refresh();
        }
        Set<EndpointId> gone = before.endpoints().stream()
                .map(Endpoint::id)
                .filter(id -> !now.contains(id))
                .collect(Collectors.toCollection(LinkedHashSet::new));
        if (!gone.isEmpty()) {
            removalListeners.forEach(listener -> listener.accept(gone));
        }
    }

    /**
     * From now on derives the snapshot from what discovery lists.
     *
     * @param merging gives the same endpoints in other states; called under the pool's lock, so it must not block
     */
    public synchronized void overlay(UnaryOperator<EndpointSnapshot> merging) {
        overlay = merging;
        refresh();
    }

    /** Derives the snapshot again, because states have changed. */
    public synchronized void refresh() {
        snapshot = overlay.apply(discovered);
    }

    /**
     * Calls the listener with the ids of endpoints that leave the pool for good, all that leave at once, on the thread that replaces. It may
     * take its time, as the next replacement alone waits for it.
     */
    public void onRemoval(Consumer<Set<EndpointId>> listener) {
        removalListeners.add(listener);
    }
}
