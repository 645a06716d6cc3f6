package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingDecision.Remember;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides who computes the prompt of a request whose response comes from a decode endpoint. */
final class PrefillChoice {
    /** A prompt of which less is to be computed is not worth a transfer. */
    private static final long LEAST_UNCACHED_TOKENS = 1024;

    private PrefillChoice() {}

    /**
     * The decision with the least loaded prefill endpoint before it, or with the reason why there is none.
     *
     * @param pool has roles
     * @param excluded endpoints that are not to be asked
     */
    static RoutingDecision of(RoutingDecision decision, RoutingView pool, Set<EndpointId> excluded) {
        PrefillBypass whole = decision.request().whole();
        if (whole != null) {
            return decision.bypassing(whole);
        }
        if (decision.endpoint().role() == Role.BOTH) {
            return decision.bypassing(PrefillBypass.BOTH);
        }
        // A policy that looks at no prompts knows no lengths.
        if (decision.promptTokens() > 0 && decision.uncachedTokens() < LEAST_UNCACHED_TOKENS) {
            return decision.bypassing(PrefillBypass.SHORT);
        }
        RoutingDecision leg = another(decision, pool, excluded);
        return leg == null ? decision.bypassing(PrefillBypass.NO_ENDPOINT) : decision.withPrefill(leg);
    }

    /** The leg of a decision that has one at the least loaded prefill endpoint; null if none takes it. */
    static @Nullable RoutingDecision another(RoutingDecision decision, RoutingView pool, Set<EndpointId> excluded) {
        Endpoint least = null;
        long leastTokens = 0;
        for (Endpoint endpoint : pool.snapshot().prefill()) {
            long tokens = pool.load().prefillTokens(endpoint.id());
            if (!excluded.contains(endpoint.id()) && (least == null || tokens < leastTokens)) {
                least = endpoint;
                leastTokens = tokens;
            }
        }
        return least == null ? null : leg(decision, pool, least);
    }

    private static RoutingDecision leg(RoutingDecision decision, RoutingView pool, Endpoint endpoint) {
        RoutingRequest request = decision.request();
        PrefixMatch match = pool.match(request.prompt(), List.of(endpoint));
        double blockTokens = request.prompt().blockSizeBytes() / pool.averages().bytesPerToken();
        long matched = Math.min(decision.promptTokens(), (long) (match.matchedBlocks(0) * blockTokens));
        return new RoutingDecision(
                request,
                endpoint,
                decision.source(),
                Outcome.PLACED,
                decision.promptTokens(),
                decision.promptTokens() - matched,
                matched,
                List.of(),
                Remember.PROMPT,
                null,
                null);
    }
}
