package dev.warmlane.core.routing.policy;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.PolicyParameters;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingPolicyProvider;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A policy of somebody else's: long prompts go to the first endpoint that is left, short ones to the second, which it takes for granted. */
public record PromptLengthPolicy(int longBytes) implements RoutingPolicy {

    /** What their jar would name. */
    public static final class Provider implements RoutingPolicyProvider {
        @Override
        public String algorithm() {
            return "prompt-length";
        }

        @Override
        public RoutingPolicy create(PolicyParameters parameters) {
            return new PromptLengthPolicy(parameters.whole("long-bytes", 1));
        }
    }

    @Override
    public String name() {
        return "prompt-length";
    }

    @Override
    public boolean readsPrompt(KeySource source) {
        return true;
    }

    @Override
    public @Nullable RoutingDecision choose(RoutingRequest request, RoutingView pool, Set<EndpointId> excluded) {
        List<Endpoint> left = pool.snapshot().selectable().stream()
                .filter(endpoint -> !excluded.contains(endpoint.id()))
                .toList();
        if (left.isEmpty()) {
            return null;
        }
        boolean isLong = request.prompt().bytes() >= longBytes;
        return RoutingDecision.byLoad(request, left.get(isLong ? 0 : 1));
    }
}
