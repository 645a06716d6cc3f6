package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBlocks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoints take over what one holds that is about to end: each prompt is computed by the one that its session will go to,
 * unless that holds it already. Asks the router each time, so what was computed meanwhile counts. What the router does not know is
 * that all these sessions come, so nobody inherits much more than an equal part of them: else whoever has least to do now would
 * inherit all. Safe for concurrent use.
 */
public final class Heirs {
    /** Of an equal part of all uses, what one may inherit. */
    private static final double MOST = 1.25;

    private final Router router;
    private final List<Endpoint> leaving;
    private final Map<EndpointId, Double> inherited = new HashMap<>();

    /** @param leaving the endpoint, or the ranks of one server; they may be gone later */
    public Heirs(Router router, List<Endpoint> leaving) {
        this.router = router;
        this.leaving = List.copyOf(leaving);
    }

    /** Whether those that leave are predicted to hold all of a prompt. */
    public boolean inherit(PromptBlocks prompt) {
        return holdsAll(leaving, prompt);
    }

    /**
     * Who computes it, as the policy decides now; null if nobody takes it, or whoever does holds it already. Endpoints that are judged by
     * their next request are left alone, as are those of role decode.
     *
     * @param session whose request would come
     * @param perSecond how often sessions will send it that send nothing longer which is handed over as well
     */
    public synchronized @Nullable Endpoint of(AffinityKey session, PromptBlocks prompt, double perSecond) {
        RoutingRequest request = new RoutingRequest(session, prompt);
        List<Endpoint> staying = new ArrayList<>();
        Set<EndpointId> barred = new HashSet<>();
        leaving.forEach(endpoint -> barred.add(endpoint.id()));
        for (Endpoint endpoint : router.pool().snapshot().endpoints()) {
            boolean stays = endpoint.state() == EndpointState.READY || endpoint.state() == EndpointState.STARTING;
            if (!stays) {
                barred.add(endpoint.id());
            } else if (!barred.contains(endpoint.id())) {
                staying.add(endpoint);
            }
        }
        Endpoint next = router.successor(request, barred);
        if (next == null || next.role() == Role.DECODE) {
            return null;
        }
        Endpoint heir = withinItsPart(next, request, staying, barred);
        inherited.merge(heir.id(), perSecond, Double::sum);
        return holdsAll(List.of(heir), prompt) ? null : heir;
    }

    /**
     * The next one, or if it has more than its part another that has not; but whoever has room takes it rather than nobody. Parts are those
     * of endpoints that can stand in for each other.
     */
    private Endpoint withinItsPart(
            Endpoint next, RoutingRequest request, List<Endpoint> staying, Set<EndpointId> barred) {
        List<EndpointId> alike = staying.stream()
                .filter(endpoint -> endpoint.role() == next.role())
                .map(Endpoint::id)
                .toList();
        double most = MOST * alike.stream().mapToDouble(this::inherited).sum() / Math.max(1, alike.size());
        if (inherited(next.id()) <= most) {
            return next;
        }
        Set<EndpointId> others = new HashSet<>(barred);
        alike.stream().filter(id -> inherited(id) > most).forEach(others::add);
        Endpoint other = router.successor(request, others);
        return other == null || other.role() != next.role() ? next : other;
    }

    private double inherited(EndpointId endpoint) {
        return inherited.getOrDefault(endpoint, 0.0);
    }

    private boolean holdsAll(List<Endpoint> endpoints, PromptBlocks prompt) {
        return prompt.length() > 0 && router.held(prompt, endpoints) == prompt.length();
    }
}
