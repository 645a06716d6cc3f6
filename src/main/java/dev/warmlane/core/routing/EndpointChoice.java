package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import dev.warmlane.core.routing.LoadBound.SlowStart;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingDecision.Remember;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the endpoint of a request: by the policy, within the rules for stored responses, panic, slow start, probation and roles.
 * Choosing changes nothing. Safe for concurrent use.
 */
final class EndpointChoice {
    /** A prompt of which less is to be computed is not worth a transfer. */
    private static final long LEAST_UNCACHED_TOKENS = 1024;

    private final EndpointPool pool;
    private final RoutingPolicy policy;
    private final PoolMemory memory;

    EndpointChoice(EndpointPool pool, RoutingPolicy policy, PoolMemory memory) {
        this.pool = pool;
        this.policy = policy;
        this.memory = memory;
    }

    /** The endpoints as a decision would see them now; full ones included. */
    EndpointSnapshot snapshot() {
        return SlowStart.limit(pool.snapshot(), memory.load());
    }

    /** These endpoints and all that are full. */
    Set<EndpointId> withFull(Set<EndpointId> excluded) {
        Set<EndpointId> barred = new HashSet<>(excluded);
        for (Endpoint endpoint : pool.snapshot().endpoints()) {
            if (memory.inFlight().isFull(endpoint.id())) {
                barred.add(endpoint.id());
            }
        }
        return barred;
    }

    /** The endpoint that alone can serve the request, full or not; null if any can. */
    @Nullable
    EndpointId owner(RoutingRequest request, Set<EndpointId> tried) {
        Endpoint owner = ownerOf(request, pool.snapshot(), tried);
        return owner == null ? null : owner.id();
    }

    /** The decision for that endpoint; null if any can serve the request, or this one takes nothing. */
    @Nullable
    RoutingDecision atOwner(RoutingRequest request, Set<EndpointId> tried) {
        if (request.owner() == null) {
            return null;
        }
        EndpointSnapshot snapshot = pool.snapshot();
        Endpoint owner = ownerOf(request, snapshot, tried);
        RoutingDecision tied = owner == null ? null : decideFor(owner, request, snapshot);
        return tied != null && snapshot.hasRoles() ? tied.bypassing(PrefillBypass.STORED_RESPONSE) : tied;
    }

    /**
     * The decision of the policy, and who computes the prompt; null if no endpoint can take the request.
     *
     * @param tried endpoints that are not to be asked, beside those that do not have what the request needs
     */
    @Nullable
    RoutingDecision choose(RoutingRequest request, Set<EndpointId> tried) {
        EndpointSnapshot snapshot = pool.snapshot();
        Set<EndpointId> excluded = request.withUnsuited(tried);
        if (!snapshot.hasRoles()) {
            return chooseEndpoint(request, snapshot, excluded, tried, List.of());
        }
        List<Endpoint> prefill = new ArrayList<>(snapshot.prefill());
        prefill.removeIf(endpoint -> excluded.contains(endpoint.id()));
        RoutingDecision decision = chooseEndpoint(request, snapshot, snapshot.withPrefill(excluded), tried, prefill);
        // A policy that prices both ways has said which.
        return decision == null || decision.prefill() != null || decision.bypass() != null
                ? decision
                : withPrefill(decision, new RoutingView(memory, snapshot), excluded);
    }

    /** See {@link Router#explain}. */
    @Nullable
    RoutingDecision explain(RoutingRequest request) {
        RoutingDecision tied = atOwner(request, Set.of());
        if (tied != null) {
            return tied;
        }
        RoutingDecision now = choose(request, withFull(Set.of()));
        return now != null ? now : choose(request, Set.of());
    }

    /** See {@link Router#boundEndpoint}. */
    @Nullable
    EndpointId boundEndpoint(RoutingRequest request) {
        RoutingDecision decision = choose(request, Set.of());
        return decision == null || decision.outcome() != Outcome.BOUND
                ? null
                : decision.endpoint().id();
    }

    /** See {@link Router#successor}. */
    @Nullable
    Endpoint successor(RoutingRequest request, Set<EndpointId> gone) {
        RoutingDecision decision = choose(request, withFull(gone));
        RoutingDecision leg = decision == null ? null : decision.prefill();
        return decision == null ? null : leg == null ? decision.endpoint() : leg.endpoint();
    }

    /** Another prefill leg for a decision whose first one failed; null if no endpoint takes it. */
    @Nullable
    RoutingDecision prefillAgain(RoutingDecision decision, Set<EndpointId> excluded) {
        return anotherLeg(decision, new RoutingView(memory, pool.snapshot()), excluded);
    }

    /** The endpoint that makes the response. */
    private @Nullable RoutingDecision chooseEndpoint(
            RoutingRequest request,
            EndpointSnapshot snapshot,
            Set<EndpointId> excluded,
            Set<EndpointId> tried,
            List<Endpoint> prefill) {
        if (snapshot.isPanic() && !tried.isEmpty()) {
            // In a panic the first try may go wrong anywhere; the next goes where it probably does not.
            RoutingDecision healthy =
                    policy.choose(request, new RoutingView(memory, snapshot.withoutPanic(), prefill), excluded);
            if (healthy != null) {
                return healthy;
            }
        }
        RoutingView view = new RoutingView(memory, SlowStart.limit(snapshot, memory.load()), prefill);
        RoutingDecision decision = policy.choose(request, view, excluded);
        // What has failed elsewhere is no trial; it has to succeed.
        return decision != null && snapshot.hasProbation() && !snapshot.isPanic() && tried.isEmpty()
                ? orTrial(decision, new RoutingView(memory, snapshot, prefill))
                : decision;
    }

    /**
     * Gives an endpoint on probation the next request that is bound to no other. Its cache is cold: where prompts begin alike, no policy
     * that looks at caches would choose it while the others are not busy, so it would stay out.
     */
    private RoutingDecision orTrial(RoutingDecision decision, RoutingView view) {
        if (decision.source().binds() && decision.outcome() != Outcome.PLACED) {
            return decision;
        }
        Set<EndpointId> others = new HashSet<>(decision.request().unsuited());
        for (Endpoint endpoint : view.snapshot().endpoints()) {
            if (endpoint.state() != EndpointState.PROBATION || !endpoint.role().decodes()) {
                others.add(endpoint.id());
            }
        }
        RoutingDecision trial = policy.choose(decision.request(), view, others);
        return trial == null ? decision : trial;
    }

    /**
     * The endpoint that made the stored response that a request is about, full or not; null if it is about none, or that endpoint
     * is gone, takes nothing, or was tried.
     */
    private static @Nullable Endpoint ownerOf(
            RoutingRequest request, EndpointSnapshot snapshot, Set<EndpointId> tried) {
        EndpointId owner = request.owner();
        Endpoint endpoint = owner == null || tried.contains(owner) ? null : at(owner, snapshot);
        return endpoint != null
                        && (endpoint.state().acceptsBound()
                                || snapshot.selectable().contains(endpoint))
                ? endpoint
                : null;
    }

    /** A server keeps responses for all its ranks, so that any rank will do once it has another number of them. */
    private static @Nullable Endpoint at(EndpointId owner, EndpointSnapshot snapshot) {
        Endpoint same = snapshot.find(owner);
        List<Endpoint> there = same == null ? snapshot.atServerOf(owner) : List.of(same);
        return there.isEmpty() ? null : there.get(0);
    }

    /** The policy's decision for the owner, whatever it costs: no other has the response. A session bound elsewhere stays bound there. */
    private @Nullable RoutingDecision decideFor(Endpoint owner, RoutingRequest request, EndpointSnapshot snapshot) {
        Set<EndpointId> others = new HashSet<>();
        for (Endpoint endpoint : snapshot.endpoints()) {
            if (!endpoint.equals(owner)) {
                others.add(endpoint.id());
            }
        }
        RoutingDecision decision = policy.choose(request, new RoutingView(memory, snapshot), others);
        if (decision == null) {
            // It drains, so only what is bound to it may go there.
            decision = policy.choose(request, new RoutingView(memory, new EndpointSnapshot(List.of(owner))), Set.of());
        }
        return decision != null && decision.outcome() == Outcome.MOVED
                ? decision.withOutcome(Outcome.SPILLED)
                : decision;
    }

    /** The decision with the least loaded prefill endpoint before it, or with the reason why there is none. */
    private static RoutingDecision withPrefill(RoutingDecision decision, RoutingView pool, Set<EndpointId> excluded) {
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
        RoutingDecision leg = anotherLeg(decision, pool, excluded);
        return leg == null ? decision.bypassing(PrefillBypass.NO_ENDPOINT) : decision.withPrefill(leg);
    }

    /** The leg of a decision that has one at the least loaded prefill endpoint; null if none takes it. */
    private static @Nullable RoutingDecision anotherLeg(
            RoutingDecision decision, RoutingView pool, Set<EndpointId> excluded) {
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
