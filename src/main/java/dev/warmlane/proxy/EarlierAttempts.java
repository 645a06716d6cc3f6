package dev.warmlane.proxy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where one request has been tried in vain, and its place in the {@link RetryBudget} of its pool. Most requests have none. Guarded by
 * the lock of its {@link RoutedExchange}.
 */
final class EarlierAttempts {
    private final Set<EndpointId> tried = new HashSet<>(4);
    private final Set<EndpointId> prefillTried = new HashSet<>(4);
    private int left;
    private @Nullable FailureCause lastCause;
    private int repetitions;
    private @Nullable RetryBudget permit;

    /** Endpoints that have been given up, with all ranks of their servers. */
    Set<EndpointId> tried() {
        return tried;
    }

    /** How many have been given up; the ranks of a server are one. */
    int count() {
        return left;
    }

    /** Gives an endpoint up. Returns whether it was not given up before. */
    boolean leave(Endpoint endpoint, EndpointSnapshot endpoints) {
        boolean first = addServerOf(endpoint, endpoints, tried);
        left += first ? 1 : 0;
        return first;
    }

    /** All that must not be asked once this endpoint is given up, those that could not compute the prompt among them. */
    Set<EndpointId> triedWith(Endpoint endpoint, EndpointSnapshot endpoints) {
        Set<EndpointId> all = new HashSet<>(tried);
        addServerOf(endpoint, endpoints, all);
        all.addAll(prefillTried);
        return all;
    }

    /** All ranks of a server fail together. Returns whether this endpoint was not among them yet. */
    private static boolean addServerOf(Endpoint endpoint, EndpointSnapshot endpoints, Set<EndpointId> to) {
        boolean added = to.add(endpoint.id());
        if (endpoint.id().isRank()) {
            endpoints.atServerOf(endpoint.id()).forEach(rank -> to.add(rank.id()));
        }
        return added;
    }

    /** Notes an endpoint that has failed to compute the prompt for another, and returns all of them. */
    Set<EndpointId> prefillFailed(EndpointId endpoint) {
        prefillTried.add(endpoint);
        return prefillTried;
    }

    /** Endpoints that have failed to compute the prompt for another. */
    int prefillCount() {
        return prefillTried.size();
    }

    /** Notes why an attempt failed, and says how often in a row it was for this cause before. */
    int repetitions(FailureCause cause) {
        repetitions = cause == lastCause ? repetitions + 1 : 0;
        lastCause = cause;
        return repetitions;
    }

    /** Takes a place in the budget, unless it has one. Returns whether it has one now. */
    boolean takePermit(RetryBudget budget) {
        if (permit == null && budget.tryAcquire()) {
            permit = budget;
        }
        return permit != null;
    }

    void returnPermit() {
        if (permit != null) {
            permit.release();
            permit = null;
        }
    }
}
