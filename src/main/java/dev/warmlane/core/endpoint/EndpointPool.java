package dev.warmlane.core.endpoint;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A named set of interchangeable vLLM servers, held as one atomically replaced snapshot: what discovery listed, with what is
 * known of the servers' health laid over it. Reading takes no lock; replacing does, so that listeners hear of removals in the
 * order they happened.
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
     * Makes these the endpoints of the pool, then tells the removal listeners of every id that is gone.
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
     * Lays something over what discovery listed, from now on.
     *
     * @param merging makes a snapshot of the same endpoints in other states; called under the pool's lock, so it must not wait
     */
    public synchronized void overlay(UnaryOperator<EndpointSnapshot> merging) {
        overlay = merging;
        refresh();
    }

    /** Asks the overlay again: what it says has changed. */
    public synchronized void refresh() {
        snapshot = overlay.apply(discovered);
    }

    /** Calls the listener, on the thread that replaces, with the id of each endpoint that leaves the pool for good. */
    public void onRemoval(Consumer<EndpointId> listener) {
        removalListeners.add(listener);
    }
}
