package dev.warmlane.endpoint;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of a pool at one moment, in the order discovery gave them. Immutable; safe to read from any thread.
 */
public final class EndpointSnapshot {
    public static final EndpointSnapshot EMPTY = new EndpointSnapshot(List.of());

    private final List<Endpoint> endpoints;
    private final Map<EndpointId, Endpoint> byId;

    /** @throws IllegalArgumentException if two endpoints have the same id */
    public EndpointSnapshot(List<Endpoint> endpoints) {
        this.endpoints = List.copyOf(endpoints);
        this.byId = new HashMap<>(this.endpoints.size() * 2);
        for (Endpoint endpoint : this.endpoints) {
            if (byId.put(endpoint.id(), endpoint) != null) {
                throw new IllegalArgumentException("endpoint %s: listed twice".formatted(endpoint.id()));
            }
        }
    }

    public List<Endpoint> endpoints() {
        return endpoints;
    }

    public @Nullable Endpoint find(EndpointId id) {
        return byId.get(id);
    }

    public boolean contains(EndpointId id) {
        return byId.containsKey(id);
    }

    /** How many endpoints accept requests that belong to no endpoint yet. */
    public int selectable() {
        int count = 0;
        for (Endpoint endpoint : endpoints) {
            if (endpoint.state().acceptsNew()) {
                count++;
            }
        }
        return count;
    }
}
