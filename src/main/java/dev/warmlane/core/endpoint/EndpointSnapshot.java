package dev.warmlane.core.endpoint;

import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of a pool at one moment, in the order discovery gave them. Immutable; safe to read from any thread.
 */
public final class EndpointSnapshot {
    public static final EndpointSnapshot EMPTY = new EndpointSnapshot(List.of());

    private final List<Endpoint> endpoints;
    private final List<Endpoint> selectable;
    private final List<Endpoint> prefill;
    private final Map<EndpointId, Endpoint> byId;
    private final Map<EndpointId, List<Endpoint>> ranks;
    private final boolean panic;
    private final boolean starting;
    private final boolean probation;
    private final boolean roles;

    /** @throws IllegalArgumentException if two endpoints have the same id */
    public EndpointSnapshot(List<Endpoint> endpoints) {
        this(endpoints, false);
    }

    /**
     * A snapshot in which too few endpoints may be healthy to carry the load.
     *
     * @param panic whether every endpoint that discovery calls ready is selectable, whatever its health
     * @throws IllegalArgumentException if two endpoints have the same id
     */
    public EndpointSnapshot(List<Endpoint> endpoints, boolean panic) {
        this.endpoints = List.copyOf(endpoints);
        this.panic = panic;
        this.byId = new HashMap<>(this.endpoints.size() * 2);
        for (Endpoint endpoint : this.endpoints) {
            if (byId.put(endpoint.id(), endpoint) != null) {
                throw new IllegalArgumentException("endpoint %s: listed twice".formatted(endpoint.id()));
            }
        }
        this.ranks = this.endpoints.stream()
                .filter(e -> e.id().isRank())
                .collect(Collectors.groupingBy(e -> e.id().server()));
        Predicate<EndpointState> accepting = panic ? EndpointState::isDiscoveredReady : EndpointState::acceptsNew;
        List<Endpoint> ready = in(accepting, Role::decodes);
        this.selectable = !ready.isEmpty() ? ready : in(EndpointState::acceptsBound, Role::decodes);
        this.prefill = in(accepting, role -> role == Role.PREFILL);
        this.roles = this.endpoints.stream().anyMatch(e -> e.role() != Role.BOTH);
        this.starting = this.endpoints.stream().anyMatch(e -> e.state() == EndpointState.STARTING);
        this.probation = this.endpoints.stream().anyMatch(e -> e.state() == EndpointState.PROBATION);
    }

    /** All of them, whatever their state. */
    public List<Endpoint> endpoints() {
        return endpoints;
    }

    /**
     * The endpoints from which the response to a request bound to none may come: those that accept new ones or, where there are
     * none, those that drain, because a cold response from a leaving endpoint beats no response.
     */
    public List<Endpoint> selectable() {
        return selectable;
    }

    /** The endpoints of role prefill that accept new requests; empty in a pool without roles. */
    public List<Endpoint> prefill() {
        return prefill;
    }

    /** Whether any endpoint computes only a part of requests. */
    public boolean hasRoles() {
        return roles;
    }

    /** These endpoints and all of role prefill, whatever their state: one to which a key is still bound was another before. */
    public Set<EndpointId> withPrefill(Set<EndpointId> excluded) {
        Set<EndpointId> all = new HashSet<>(excluded);
        for (Endpoint endpoint : endpoints) {
            if (!endpoint.role().decodes()) {
                all.add(endpoint.id());
            }
        }
        return all;
    }

    /** Whether so few endpoints are healthy that all are used. */
    public boolean isPanic() {
        return panic;
    }

    /** Whether any endpoint is starting. */
    public boolean hasStarting() {
        return starting;
    }

    /** Whether any endpoint waits for a request by which it is judged. */
    public boolean hasProbation() {
        return probation;
    }

    /** How many endpoints are selectable because nothing says that they fail: in a panic, fewer than are used. */
    public int healthy() {
        return withoutPanic().selectable().size();
    }

    /** The same without panic, so that only healthy endpoints are selectable; this one if there is no panic. */
    public EndpointSnapshot withoutPanic() {
        return panic ? new EndpointSnapshot(endpoints) : this;
    }

    /** The same with these endpoints suspended; what is bound to them stays so. */
    public EndpointSnapshot suspending(Set<EndpointId> ids) {
        List<Endpoint> changed = endpoints.stream()
                .map(e -> ids.contains(e.id()) ? e.withState(EndpointState.SUSPENDED) : e)
                .toList();
        return new EndpointSnapshot(changed, false);
    }

    /** The endpoint of this identity; null if it is not listed. */
    public @Nullable Endpoint find(EndpointId id) {
        return byId.get(id);
    }

    /** Whether the endpoint of this identity is listed. */
    public boolean contains(EndpointId id) {
        return byId.containsKey(id);
    }

    /** The endpoints at the same server as this one: all its ranks, or the one endpoint that it is; empty if it is not listed. */
    public List<Endpoint> atServerOf(EndpointId id) {
        List<Endpoint> known = ranks.get(id.server());
        if (known != null) {
            return known;
        }
        Endpoint only = byId.get(id.server());
        return only == null ? List.of() : List.of(only);
    }

    private List<Endpoint> in(Predicate<EndpointState> states, Predicate<Role> taken) {
        return endpoints.stream()
                .filter(e -> states.test(e.state()) && taken.test(e.role()))
                .toList();
    }
}
