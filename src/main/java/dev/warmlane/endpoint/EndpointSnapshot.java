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
    private final List<Endpoint> selectable;
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
        List<Endpoint> ready =
                this.endpoints.stream().filter(e -> e.state().acceptsNew()).toList();
        this.selectable = !ready.isEmpty()
                ? ready
                : this.endpoints.stream().filter(e -> e.state().acceptsBound()).toList();
    }

    public List<Endpoint> endpoints() {
        return endpoints;
    }

    /**
     * The endpoints that a request bound to none may go to: those that accept new ones or, where there are none, those that
     * drain, because a cold answer from a leaving endpoint beats no answer.
     */
    public List<Endpoint> selectable() {
        return selectable;
    }

    public @Nullable Endpoint find(EndpointId id) {
        return byId.get(id);
    }

    public boolean contains(EndpointId id) {
        return byId.containsKey(id);
    }
}
