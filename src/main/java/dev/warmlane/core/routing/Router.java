package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointLoad.EndpointAdapters;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.routing.Dispatch.UsageReport;
import dev.warmlane.core.routing.InFlight.Lease;
import dev.warmlane.core.routing.LoadBound.SlowStart;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sends the requests of one pool to its endpoints: asks the policy, opens the lease, and keeps the pool's memory: what becomes
 * of each request is noted there, and endpoints that leave are forgotten. Safe for concurrent use; never blocks.
 */
public final class Router {
    private final EndpointPool pool;
    private final RoutingPolicy policy;
    private final PoolMemory memory;
    private final InFlight inFlight;
    private final DecisionLog log;
    private final HealthWatch health;
    private final PredictionAccuracy deliveries = new PredictionAccuracy();
    private final EndpointTallies tallies = new EndpointTallies();
    private volatile boolean readsAll;

    /**
     * A router that listens to the pool from now on.
     *
     * @param memory what the policy reads; of this router alone
     * @param log where its decisions are noted
     * @param health told of what becomes of each request
     */
    public Router(EndpointPool pool, RoutingPolicy policy, PoolMemory memory, DecisionLog log, HealthWatch health) {
        this.pool = pool;
        this.policy = policy;
        this.memory = memory;
        this.inFlight = memory.inFlight();
        this.log = log;
        this.health = health;
        pool.onRemoval(this::retire);
    }

    public EndpointPool pool() {
        return pool;
    }

    public RoutingPolicy policy() {
        return policy;
    }

    public InFlight inFlight() {
        return inFlight;
    }

    public DecisionLog log() {
        return log;
    }

    public PredictionAccuracy deliveries() {
        return deliveries;
    }

    /** What became of the requests at each endpoint. */
    public EndpointTallies tallies() {
        return tallies;
    }

    /**
     * Tells it of every request from now on, to learn what caches of other sizes would hit.
     *
     * @param all whether prompts are to be read for this alone, if the policy does not
     */
    public void tell(CacheUse use, boolean all) {
        memory.tell(use);
        readsAll = all;
    }

    /** What is told of requests; null: nothing. */
    public @Nullable CacheUse cacheUse() {
        return memory.cacheUse();
    }

    /** Whether prompts of requests with a key of this source are to be read. */
    public boolean readsPrompt(KeySource source) {
        return readsAll || policy.readsPrompt(source);
    }

    /** Requests that an endpoint has, as far as is known: of this gateway, its replicas and others. */
    public int requests(EndpointId endpoint) {
        return memory.load().requests(endpoint);
    }

    /** Seconds that an endpoint takes for a token of prefill, as observed. */
    public double secondsPerToken() {
        return memory.speeds().secondsPerToken();
    }

    PoolMemory memory() {
        return memory;
    }

    /** The endpoints as a decision would see them now; full ones included. */
    public EndpointSnapshot snapshot() {
        return SlowStart.limit(pool.snapshot(), memory.load());
    }

    /**
     * The decision that a request would get now or, if every endpoint is full, the one that it would rather have than wait;
     * changes nothing. Null if no endpoint can take it.
     */
    public @Nullable RoutingDecision explain(RoutingRequest request) {
        RoutingDecision tied = atOwner(request, Set.of());
        if (tied != null) {
            return tied;
        }
        RoutingDecision now = choose(request, withFull(Set.of()));
        return now != null ? now : choose(request, Set.of());
    }

    /** The endpoint that alone can serve the request, full or not; null if any can. */
    public @Nullable EndpointId owner(RoutingRequest request, Set<EndpointId> tried) {
        Endpoint owner = StoredResponseOwner.of(request, pool.snapshot(), tried);
        return owner == null ? null : owner.id();
    }

    /** The endpoint whose cache makes it worth waiting for, if it is full; null if the request has nothing to lose. */
    public @Nullable EndpointId boundEndpoint(RoutingRequest request) {
        RoutingDecision decision = choose(request, Set.of());
        return decision == null || decision.outcome() != Outcome.BOUND
                ? null
                : decision.endpoint().id();
    }

    /**
     * Chooses an endpoint that is not full and counts the request there, at once.
     *
     * @param excluded endpoints that this request has tried already
     * @return what the caller closes when the request is over, or null if no endpoint can take it
     */
    public @Nullable Dispatch dispatch(RoutingRequest request, Set<EndpointId> excluded) {
        RoutingDecision tied = atOwner(request, excluded);
        if (tied != null && health.admits(tied.endpoint())) {
            // If it is full, the request waits: nobody else has what it asks for.
            return open(tied, null, excluded.isEmpty());
        }
        RoutingDecision decision = choose(request, excluded);
        Set<EndpointId> barred = excluded;
        while (decision != null) {
            if (health.admits(decision.endpoint())) {
                RoutingDecision leg = decision.prefill();
                Dispatch prefill = leg == null || !health.admits(leg.endpoint()) ? null : openPrefill(leg);
                // Without what was to compute its prompt, it is another decision.
                Dispatch dispatch = leg == null || prefill != null ? open(decision, prefill, excluded.isEmpty()) : null;
                if (dispatch != null) {
                    return dispatch;
                }
                if (prefill != null) {
                    prefill.close();
                } else if (leg != null) {
                    health.undecided(decision.endpoint());
                }
                // Only now: while there is room, nobody pays for asking every endpoint.
                barred = withFull(excluded);
            }
            decision = choose(request, barred);
        }
        return null;
    }

    /** Null if the endpoint is full. */
    private @Nullable Dispatch openPrefill(RoutingDecision leg) {
        Lease lease = lease(leg);
        if (lease == null) {
            health.undecided(leg.endpoint());
            return null;
        }
        memory.prefilling(leg);
        Dispatch dispatch = new Dispatch(leg, true, null, this, lease, health, log.entry(leg.withoutPrompt(), null));
        retireIfGone(leg.endpoint().id());
        return dispatch;
    }

    /** Null if the endpoint is full. */
    private @Nullable Dispatch open(RoutingDecision decision, @Nullable Dispatch prefill, boolean isFirst) {
        Lease lease = lease(decision);
        if (lease == null) {
            health.undecided(decision.endpoint());
            return null;
        }
        memory.dispatched(decision);
        if (isFirst) {
            memory.sent(decision);
        }
        DecisionLog.Entry entry = log.add(decision.withoutPrompt(), prefill == null ? null : prefill.entry());
        Dispatch dispatch = new Dispatch(decision, false, prefill, this, lease, health, entry);
        retireIfGone(decision.endpoint().id());
        return dispatch;
    }

    /** Null if the endpoint is full. */
    private @Nullable Lease lease(RoutingDecision decision) {
        EndpointId endpoint = decision.endpoint().id();
        long uncomputedTokens = decision.uncachedTokens() + memory.loadingTokens(decision);
        Lease lease = inFlight.open(endpoint, decision.promptTokens(), uncomputedTokens);
        String adapter = decision.request().adapter();
        if (lease != null && adapter != null) {
            long sentNanos = memory.nanoTime();
            memory.adapters().sent(endpoint, adapter);
            lease.onClose(() -> memory.adapters().ended(endpoint, adapter, memory.nanoTime() - sentNanos));
        }
        return lease;
    }

    private @Nullable RoutingDecision atOwner(RoutingRequest request, Set<EndpointId> tried) {
        if (request.owner() == null) {
            return null;
        }
        EndpointSnapshot snapshot = pool.snapshot();
        Endpoint owner = StoredResponseOwner.of(request, snapshot, tried);
        RoutingDecision tied =
                owner == null ? null : StoredResponseOwner.decide(owner, policy, request, snapshot, memory);
        return tied != null && snapshot.hasRoles() ? tied.bypassing(PrefillBypass.STORED_RESPONSE) : tied;
    }

    /** @param tried endpoints that are not to be asked, beside those that do not have what the request needs */
    private @Nullable RoutingDecision choose(RoutingRequest request, Set<EndpointId> tried) {
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
                : PrefillChoice.of(decision, memory.view(snapshot), excluded);
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
            RoutingDecision healthy = policy.choose(request, memory.view(snapshot.withoutPanic(), prefill), excluded);
            if (healthy != null) {
                return healthy;
            }
        }
        RoutingView view = memory.view(SlowStart.limit(snapshot, memory.load()), prefill);
        RoutingDecision decision = policy.choose(request, view, excluded);
        // What has failed elsewhere is no trial; it has to succeed.
        return snapshot.hasProbation() && tried.isEmpty()
                ? ProbationTrial.instead(decision, policy, request, memory.view(snapshot, prefill))
                : decision;
    }

    private Set<EndpointId> withFull(Set<EndpointId> excluded) {
        Set<EndpointId> barred = new HashSet<>(excluded);
        for (Endpoint endpoint : pool.snapshot().endpoints()) {
            if (inFlight.isFull(endpoint.id())) {
                barred.add(endpoint.id());
            }
        }
        return barred;
    }

    /** The endpoint is another process than before: its cache is empty, what is bound to it stays so. */
    public void restarted(EndpointId endpoint) {
        tallies.opened(endpoint).restart();
        forgetContents(endpoint);
    }

    /** Predicts from now on that the endpoint's cache is empty, until it is told otherwise. */
    public void forgetContents(EndpointId endpoint) {
        memory.restarted(endpoint);
        retireIfGone(endpoint);
    }

    /** The endpoint has computed this prompt though no request went there: its cache was filled. */
    public void warmed(EndpointId endpoint, PromptBlocks prompt) {
        memory.warmed(endpoint, prompt);
        retireIfGone(endpoint);
    }

    /** The endpoint's KV cache holds this many tokens. */
    public void capacity(EndpointId endpoint, long tokens) {
        memory.capacity(endpoint, tokens);
        retireIfGone(endpoint);
    }

    /** The endpoint says that it has this many requests, running and queued. */
    public void reported(EndpointId endpoint, long requests) {
        memory.observed(endpoint, requests);
        retireIfGone(endpoint);
    }

    /** The endpoint says which adapters its requests use. */
    public void reported(EndpointId endpoint, EndpointAdapters adapters) {
        memory.adapters().observed(endpoint, adapters);
        retireIfGone(endpoint);
    }

    void firstToken(RoutingDecision decision, long nanos) {
        memory.firstToken(decision, nanos);
        retireIfGone(decision.endpoint().id());
    }

    void transferred(RoutingDecision decision, long nanos) {
        memory.transferred(decision, nanos);
    }

    void delivered(RoutingDecision decision, UsageReport delivery) {
        deliveries.record(decision, delivery);
        memory.reported(decision, delivery);
        retireIfGone(decision.endpoint().id());
    }

    /** A prefill leg is complete; it generates nothing that says how long responses are. */
    void prefilled(RoutingDecision leg, UsageReport delivery) {
        deliveries.record(leg, delivery);
        memory.corrected(leg, delivery);
        retireIfGone(leg.endpoint().id());
    }

    /** The response to a prompt that was computed elsewhere is complete. */
    void generated(RoutingDecision decision, UsageReport delivery) {
        memory.generated(decision, delivery);
        retireIfGone(decision.endpoint().id());
    }

    /** Another leg for a decision whose first one failed; null if no endpoint takes it. */
    @Nullable
    Dispatch prefillAgain(RoutingDecision decision, Set<EndpointId> tried) {
        Set<EndpointId> excluded = new HashSet<>(decision.request().withUnsuited(tried));
        RoutingDecision leg = PrefillChoice.another(decision, memory.view(pool.snapshot()), excluded);
        while (leg != null) {
            Dispatch dispatch = health.admits(leg.endpoint()) ? openPrefill(leg) : null;
            if (dispatch != null) {
                return dispatch;
            }
            excluded.add(leg.endpoint().id());
            leg = PrefillChoice.another(decision, memory.view(pool.snapshot()), excluded);
        }
        return null;
    }

    void unreported(RoutingDecision decision) {
        deliveries.unreported(decision);
        retireIfGone(decision.endpoint().id());
    }

    /** An endpoint may leave while something of it is noted: that must not outlive it. */
    private void retireIfGone(EndpointId endpoint) {
        if (!pool.snapshot().contains(endpoint)) {
            retire(endpoint);
        }
    }

    private void retire(EndpointId endpoint) {
        memory.retire(endpoint);
        deliveries.retire(endpoint);
        tallies.retire(endpoint);
    }
}
