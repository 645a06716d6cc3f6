package dev.warmlane.core.routing;

import dev.warmlane.core.admission.Ticket.Capacity;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.routing.InFlight.Lease;
import dev.warmlane.core.routing.KeyBindings.Before;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sends the requests of one pool to its endpoints, and notes what becomes of them. Safe for concurrent use; never blocks. */
public final class Router {
    private final EndpointPool pool;
    private final RoutingPolicy policy;
    private final PoolMemory memory;
    private final EndpointChoice choice;
    private final DecisionLog log;
    private final HealthWatch health;
    private final EndpointNotes notes;
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
        this.choice = new EndpointChoice(pool, policy, memory);
        this.log = log;
        this.notes = new EndpointNotes(pool, memory);
        this.health = health;
        pool.onRemoval(memory::retire);
    }

    /** The endpoints that it sends to. */
    public EndpointPool pool() {
        return pool;
    }

    /** Who decides. */
    public RoutingPolicy policy() {
        return policy;
    }

    /** What it has sent that is not over. */
    public InFlight inFlight() {
        return memory.inFlight();
    }

    /** Its last decisions. */
    public DecisionLog log() {
        return log;
    }

    /** What became of the requests at each endpoint. */
    public EndpointTallies tallies() {
        return memory.tallies();
    }

    /** Is told what becomes known of endpoints. */
    public EndpointNotes notes() {
        return notes;
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

    /** Bytes of prompt in a token, as observed. */
    public double bytesPerToken() {
        return memory.averages().bytesPerToken();
    }

    /** Tokens that the endpoint's cache holds, as far as anybody has said; infinite where nobody has. */
    public double cacheTokens(EndpointId endpoint) {
        return memory.contents().capacityBlocks(endpoint) * memory.blockSizeBytes() / bytesPerToken();
    }

    PoolMemory memory() {
        return memory;
    }

    /** Which endpoints can take one more request now. */
    public Capacity capacity() {
        return memory.inFlight().capacity(choice.snapshot());
    }

    /**
     * The decision that a request would get now or, if every endpoint is full, the one that it would rather have than wait;
     * changes nothing. Null if no endpoint can take it.
     */
    public @Nullable RoutingDecision explain(RoutingRequest request) {
        return choice.explain(request);
    }

    /** The endpoint that alone can serve the request, full or not; null if any can. */
    public @Nullable EndpointId owner(RoutingRequest request, Set<EndpointId> tried) {
        return choice.owner(request, tried);
    }

    /** The endpoint whose cache makes it worth waiting for, if it is full; null if the request has nothing to lose. */
    public @Nullable EndpointId boundEndpoint(RoutingRequest request) {
        return choice.boundEndpoint(request);
    }

    /** Dispatches a request for the first time, as {@link #dispatch(RoutingRequest, Set, Dispatch)} does. */
    public @Nullable Dispatch dispatch(RoutingRequest request, Set<EndpointId> excluded) {
        return dispatch(request, excluded, null);
    }

    /**
     * Chooses an endpoint that is not full and counts the request there, at once.
     *
     * @param excluded endpoints that this request has tried already
     * @param failed its last attempt, whose binding is taken back; null before there was any
     * @return what the caller closes when the request is over, or null if no endpoint can take it
     */
    public @Nullable Dispatch dispatch(RoutingRequest request, Set<EndpointId> excluded, @Nullable Dispatch failed) {
        if (failed != null) {
            // First, so that the choice sees where the key was bound before.
            failed.unbind();
        }
        RoutingDecision tied = choice.atOwner(request, excluded);
        if (tied != null && health.admits(tied.endpoint())) {
            // If it is full, the request waits: nobody else has what it asks for.
            return open(tied, null, excluded.isEmpty());
        }
        RoutingDecision decision = choice.choose(request, excluded);
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
                barred = choice.withFull(excluded);
            }
            decision = choice.choose(request, barred);
        }
        return null;
    }

    /** Null if the endpoint is full. */
    private @Nullable Dispatch openPrefill(RoutingDecision leg) {
        Lease lease = memory.lease(leg);
        if (lease == null) {
            health.undecided(leg.endpoint());
            return null;
        }
        memory.prefilling(leg);
        Dispatch dispatch = new Dispatch(
                leg, true, null, this, lease, health, log.entry(leg.withoutPrompt(), null), Before.NOTHING);
        notes.forgetIfGone(leg.endpoint().id());
        return dispatch;
    }

    /** Null if the endpoint is full. */
    private @Nullable Dispatch open(RoutingDecision decision, @Nullable Dispatch prefill, boolean isFirst) {
        Lease lease = memory.lease(decision);
        if (lease == null) {
            health.undecided(decision.endpoint());
            return null;
        }
        Before before = memory.dispatched(
                decision, isFirst, pool.snapshot().selectable().size());
        memory.opened(decision, lease);
        DecisionLog.Entry entry = log.add(decision.withoutPrompt(), prefill == null ? null : prefill.entry());
        Dispatch dispatch = new Dispatch(decision, false, prefill, this, lease, health, entry, before);
        notes.dispatched(decision);
        return dispatch;
    }

    /** How many leading blocks of a prompt some endpoint of the pool but this one is predicted to hold. */
    public int heldElsewhere(EndpointId endpoint, PromptBlocks prompt) {
        List<Endpoint> others = pool.snapshot().endpoints().stream()
                .filter(other -> !other.id().equals(endpoint))
                .toList();
        return held(prompt, others);
    }

    /** How many leading blocks of a prompt some of these endpoints is predicted to hold. */
    public int held(PromptBlocks prompt, List<Endpoint> endpoints) {
        return memory.contents().match(prompt, endpoints).mostBlocks();
    }

    /** Who would compute the prompt of such a request now if these endpoints were not there; null if nobody, or all are full. */
    public @Nullable Endpoint successor(RoutingRequest request, Set<EndpointId> gone) {
        return choice.successor(request, gone);
    }

    /** Another leg for a decision whose first one failed; null if no endpoint takes it. */
    @Nullable
    Dispatch prefillAgain(RoutingDecision decision, Set<EndpointId> tried) {
        Set<EndpointId> excluded = new HashSet<>(decision.request().withUnsuited(tried));
        RoutingDecision leg = choice.prefillAgain(decision, excluded);
        while (leg != null) {
            Dispatch dispatch = health.admits(leg.endpoint()) ? openPrefill(leg) : null;
            if (dispatch != null) {
                return dispatch;
            }
            excluded.add(leg.endpoint().id());
            leg = choice.prefillAgain(decision, excluded);
        }
        return null;
    }
}
