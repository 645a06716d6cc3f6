package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
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
 * Who is to compute what an endpoint holds that is about to end: for each prompt the one that its session will go to, if that does not hold
 * it. Asks the router each time, so what was computed meanwhile counts. What the router does not know is that all these sessions come, so
 * nobody inherits much more than an equal part of them: else whoever has least to do now would inherit all. Safe for concurrent use.
 */
public final class Heirs {
    /** Of an equal part of all uses, what one may inherit. */
    private static final double MOST = 1.25;

    private final Router router;
    private final List<Endpoint> leaving;
    private final Map<EndpointId, Double> inherited = new HashMap<>();
    private double all;

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
     * their next request are left alone.
     *
     * @param session whose request would come
     * @param perSecond how often sessions will send it
     */
    public synchronized @Nullable Endpoint of(AffinityKey session, PromptBlocks prompt, double perSecond) {
        Set<EndpointId> others = new HashSet<>();
        leaving.forEach(endpoint -> others.add(endpoint.id()));
        List<EndpointId> heirs = new ArrayList<>();
        for (Endpoint endpoint : router.pool().snapshot().endpoints()) {
            boolean stays = endpoint.state() == EndpointState.READY || endpoint.state() == EndpointState.STARTING;
            if (!stays) {
                others.add(endpoint.id());
            } else if (!others.contains(endpoint.id())) {
                heirs.add(endpoint.id());
            }
        }
        double most = MOST * all / Math.max(1, heirs.size());
        heirs.stream().filter(heir -> inherited.getOrDefault(heir, 0.0) > most).forEach(others::add);
        Endpoint heir = router.successor(new RoutingRequest(session, prompt), others);
        if (heir == null) {
            return null;
        }
        all += perSecond;
        inherited.merge(heir.id(), perSecond, Double::sum);
        return holdsAll(List.of(heir), prompt) ? null : heir;
    }

    private boolean holdsAll(List<Endpoint> endpoints, PromptBlocks prompt) {
        return prompt.length() > 0 && router.held(prompt, endpoints) == prompt.length();
    }
}
