package dev.warmlane.endpoint;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * A named set of interchangeable vLLM servers, held as one atomically replaced snapshot. Reading takes no lock; replacing
 * does, so that listeners hear of removals in the order they happened.
 */
public final class EndpointPool {
    private final String name;
    private final List<Consumer<EndpointId>> removalListeners = new CopyOnWriteArrayList<>();
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
        EndpointSnapshot before = snapshot;
        EndpointSnapshot after = new EndpointSnapshot(endpoints);
        snapshot = after;
        for (Endpoint endpoint : before.endpoints()) {
            if (!after.contains(endpoint.id())) {
                removalListeners.forEach(listener -> listener.accept(endpoint.id()));
            }
        }
    }

    /** Calls the listener, on the thread that replaces, with the id of each endpoint that leaves the pool for good. */
    public void onRemoval(Consumer<EndpointId> listener) {
        removalListeners.add(listener);
    }
}
