package dev.warmlane.core.endpoint;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The endpoints of a pool as one snapshot, replaced atomically: those that discovery lists, in the states that their health gives
 * them. Reading takes no lock; replacing does, so that listeners are called in the order of removals.
 */
public final class EndpointPool {
    private final String name;
    private final List<Consumer<EndpointId>> removalListeners = new CopyOnWriteArrayList<>();
    private EndpointSnapshot discovered = EndpointSnapshot.EMPTY;
    private UnaryOperator<EndpointSnapshot> overlay = UnaryOperator.identity();
    private volatile EndpointSnapshot snapshot = EndpointSnapshot.EMPTY;

    public EndpointPool(String name) {
        this.name = name;
    }

    public String name() {
        return name;
    }

    public EndpointSnapshot snapshot() {
        return snapshot;
    }

    /**
     * Replaces the endpoints that discovery lists, then calls the removal listeners with each id that is gone.
     *
     * @throws IllegalArgumentException if two endpoints have the same id; the pool is then unchanged
     */
    public synchronized void replace(List<Endpoint> endpoints) {
        EndpointSnapshot before = discovered;
        discovered = new EndpointSnapshot(endpoints);
        refresh();
        for (Endpoint endpoint : before.endpoints()) {
            if (!discovered.contains(endpoint.id())) {
                removalListeners.forEach(listener -> listener.accept(endpoint.id()));
            }
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

    /** Calls the listener with the id of each endpoint that leaves the pool for good, on the thread that replaces. */
    public void onRemoval(Consumer<EndpointId> listener) {
        removalListeners.add(listener);
    }
}
