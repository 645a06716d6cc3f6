package dev.warmlane.core.admission;

import dev.warmlane.core.admission.Ticket.Capacity;
import dev.warmlane.core.admission.Ticket.QueuedRequest;
import dev.warmlane.core.endpoint.EndpointId;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Endpoints that take so many requests each, counted under one lock. */
final class Endpoints {
    private final Map<EndpointId, Integer> running = new LinkedHashMap<>();
    private final int limit;
    private int peak;

    Endpoints(int limit, String... names) {
        this.limit = limit;
        for (String name : names) {
            add(name);
        }
    }

    synchronized void add(String name) {
        running.put(new EndpointId(name), 0);
    }

    synchronized Capacity room() {
        Set<EndpointId> open = new HashSet<>();
        Set<EndpointId> full = new HashSet<>();
        running.forEach((id, count) -> (count < limit ? open : full).add(id));
        return new Capacity(open, Set.of(), full, running.size());
    }

    /** Takes room at the bound endpoint if there is some, else anywhere else; null if there is none. */
    synchronized @Nullable EndpointId enter(QueuedRequest claim) {
        Set<EndpointId> open = new HashSet<>(room().open());
        open.removeAll(claim.tried());
        EndpointId to = claim.boundEndpoint() != null && open.contains(claim.boundEndpoint())
                ? claim.boundEndpoint()
                : open.stream().findFirst().orElse(null);
        if (to != null) {
            peak = Math.max(peak, running.merge(to, 1, Integer::sum));
        }
        return to;
    }

    synchronized void leave(EndpointId endpoint) {
        running.merge(endpoint, -1, Integer::sum);
    }

    synchronized int running() {
        return running.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** The most requests that one endpoint ever had. */
    synchronized int peak() {
        return peak;
    }
}
