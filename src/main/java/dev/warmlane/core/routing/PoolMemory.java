package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PredictedContents;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.prefix.reuse.ToldUse.Prompt;
import dev.warmlane.core.routing.EndpointSpeeds.TransferSpeed;
import dev.warmlane.core.routing.InFlight.Lease;
import dev.warmlane.core.routing.KeyBindings.Before;
import dev.warmlane.core.routing.PoolLoad.OtherClients;
import dev.warmlane.core.routing.PoolLoad.ReplicaLoad;
import dev.warmlane.core.routing.PoolLoad.UsualLoad;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a pool remembers from one request to the next, whatever its policy: which keys are bound, what each endpoint is
 * predicted to hold, its load, what responses have taught, and what became of requests. The pool's router writes, policies read
 * through a {@link RoutingView}. Safe for concurrent use; never blocks.
 */
public final class PoolMemory {
    private static final long BURST_NANOS = 250_000_000;

    private final Bindings bindings;
    private final KeyBindings keys;
    private final PredictedContents contents;
    private final int blockSizeBytes;
    private final InFlight inFlight;
    private final ReplicaLoad replicas;
    private final long seed;
    private final OtherClients otherClients = new OtherClients();
    private final PoolAverages averages = new PoolAverages();
    private final LongSupplier nanoClock;
    private final UsualLoad usualLoad;
    private final EndpointSpeeds speeds;
    private final LateStreams lateStreams;
    private final TransferSpeed transfers = new TransferSpeed();
    private final PoolLoad load;
    private final AdapterSlots adapters = new AdapterSlots();
    private final EndpointTallies tallies = new EndpointTallies();
    private final AtomicLong dispatches = new AtomicLong();
    private final SessionsInFlight sessions = new SessionsInFlight();
    private volatile @Nullable CacheUse cacheUse;

    /**
     * A memory that has seen no request.
     *
     * @param bindings of this pool's keys; pools may share them
     * @param contents of this pool's endpoints
     * @param blockSizeBytes size of the blocks of those contents and of all prompts
     * @param inFlight counts what the router sends
     * @param replicas what the other replicas have in flight
     * @param seed for policies that draw lots
     * @param nanoClock what averages over time and speeds are measured by
     */
    public PoolMemory(
            Bindings bindings,
            PredictedContents contents,
            int blockSizeBytes,
            InFlight inFlight,
            ReplicaLoad replicas,
            long seed,
            LongSupplier nanoClock) {
        this.bindings = bindings;
        this.keys = new KeyBindings(bindings);
        this.contents = contents;
        this.blockSizeBytes = blockSizeBytes;
        this.inFlight = inFlight;
        this.seed = seed;
        this.replicas = replicas;
        this.nanoClock = nanoClock;
        this.usualLoad = new UsualLoad(nanoClock);
        this.speeds = new EndpointSpeeds(nanoClock);
        this.lateStreams = new LateStreams(nanoClock);
        this.load = new PoolLoad(inFlight, replicas, otherClients, averages, usualLoad, lateStreams);
    }

    Bindings bindings() {
        return bindings;
    }

    PredictedContents contents() {
        return contents;
    }

    InFlight inFlight() {
        return inFlight;
    }

    PoolLoad load() {
        return load;
    }

    /** What responses have taught. */
    public PoolAverages averages() {
        return averages;
    }

    /** Tells it of every request from now on. */
    void tell(CacheUse use) {
        cacheUse = use;
    }

    @Nullable
    CacheUse cacheUse() {
        return cacheUse;
    }

    /** What became of the requests at each endpoint. */
    EndpointTallies tallies() {
        return tallies;
    }

    SessionsInFlight sessions() {
        return sessions;
    }

    int blockSizeBytes() {
        return blockSizeBytes;
    }

    AdapterSlots adapters() {
        return adapters;
    }

    EndpointSpeeds speeds() {
        return speeds;
    }

    TransferSpeed transfers() {
        return transfers;
    }

    long nanoTime() {
        return nanoClock.getAsLong();
    }

    long dispatches() {
        return dispatches.get();
    }

    long seed() {
        return seed;
    }

    /**
     * The request is about to be sent: the next choice must see it, so that one with the same key or prompt follows.
     *
     * @param isFirst whether no endpoint has had it before
     * @param endpoints that requests can go to
     * @return what was bound before
     */
    Before dispatched(RoutingDecision decision, boolean isFirst, int endpoints) {
        dispatches.incrementAndGet();
        Before before = keys.dispatched(decision);
        if (KeyBindings.isBinding(decision)) {
            averages.learnTurn(KeyBindings.isFirst(decision));
        }
        if (decision.remember().prompt()) {
            contents.used(decision.request().prompt(), user(decision.request(), endpoints));
            contents.insert(decision.endpoint().id(), decision.request().prompt());
        }
        CacheUse told = cacheUse;
        if (isFirst && told != null) {
            told.sent(toldPrompt(decision), decision.request().prompt(), nanoTime());
        }
        return before;
    }

    /** A prefill leg is about to be sent, of a request that is noted by its own decision. */
    void prefilling(RoutingDecision leg) {
        if (leg.remember().prompt()) {
            contents.insert(leg.endpoint().id(), leg.request().prompt());
        }
    }

    /**
     * Who uses a prompt: its session. Without one, and in a batch under one session's name, every request counts as somebody else's. But
     * equal prompts of one moment, such as the samples of one problem, are one use: counted each, they would make the prompt look as
     * if it always came often.
     */
    private long user(RoutingRequest request, int endpoints) {
        PromptBlocks prompt = request.prompt();
        boolean isOneUser = SessionsInFlight.isSession(request.key()) && !sessions.isBatch(request.key(), endpoints);
        if (isOneUser || prompt.length() == 0) {
            return request.key().hash();
        }
        return prompt.hash(prompt.length() - 1) + nanoTime() / BURST_NANOS;
    }

    /** The endpoint has sent response headers. */
    void accepted(RoutingDecision decision) {
        keys.accepted(decision);
    }

    /** The endpoint did not compute the prompt: only what it held before is there. */
    void failed(RoutingDecision decision) {
        if (decision.remember().prompt()) {
            contents.trim(decision.endpoint().id(), decision.request().prompt(), predictedBlocks(decision));
        }
    }

    /** Counts a request at its endpoint until the lease is closed; null if the endpoint is full. */
    @Nullable
    Lease lease(RoutingDecision decision) {
        EndpointId endpoint = decision.endpoint().id();
        long uncomputedTokens = decision.uncachedTokens() + loadingTokens(decision);
        Lease lease = inFlight.open(endpoint, decision.promptTokens(), uncomputedTokens);
        if (lease != null) {
            expect(decision, lease);
        }
        String adapter = decision.request().adapter();
        if (lease != null && adapter != null) {
            long sentNanos = nanoTime();
            adapters.sent(endpoint, adapter);
            lease.onClose(() -> adapters.ended(endpoint, adapter, nanoTime() - sentNanos));
        }
        return lease;
    }

    /** When the first token of a stream should come, unless another endpoint computes its prompt, or the policy weighs nothing. */
    private void expect(RoutingDecision decision, Lease lease) {
        Candidate seen = decision.request().streams() && decision.prefill() == null ? decision.chosen() : null;
        if (seen != null) {
            double seconds = speeds.expectedSeconds(seen, decision.promptTokens());
            lease.onPrefilled(lateStreams.sent(seen.endpoint().id(), seconds));
        }
    }

    /** Counts a request for its session until its lease is closed; prefill legs are no requests of their own. */
    void opened(RoutingDecision decision, Lease lease) {
        AffinityKey key = decision.request().key();
        if (SessionsInFlight.isSession(key)) {
            lease.onClose(sessions.opened(key));
        }
    }

    /** What its endpoint has to do before it computes the prompt, in prefill tokens: load an adapter, or nothing. */
    private long loadingTokens(RoutingDecision decision) {
        Candidate seen = decision.request().needsAdapter() ? decision.chosen() : null;
        return seen != null && seen.loadsAdapter() ? (long) (adapters.loadSeconds() / speeds.secondsPerToken()) : 0;
    }

    /** Notes how many requests the endpoint says that it has; seconds old, and perhaps not only ours. */
    void observed(EndpointId endpoint, long requests) {
        otherClients.observe(endpoint, requests, inFlight.requests(endpoint) + replicas.requests(endpoint));
        CacheUse told = cacheUse;
        if (told != null) {
            told.trafficShare(otherClients.ownShare());
        }
    }

    /** These endpoints left for good. Walks all bindings, so once is enough. */
    void retire(Set<EndpointId> gone) {
        bindings.releaseAll(gone);
        gone.forEach(this::forget);
    }

    KeyBindings keys() {
        return keys;
    }

    UsualLoad usualLoad() {
        return usualLoad;
    }

    /** Drops what is known of an endpoint that left before it was noted, but for bindings. */
    void forget(EndpointId endpoint) {
        inFlight.retire(endpoint);
        otherClients.retire(endpoint);
        usualLoad.retire(endpoint);
        speeds.retire(endpoint);
        lateStreams.retire(endpoint);
        adapters.retire(endpoint);
        contents.remove(endpoint);
        tallies.retire(endpoint);
    }

    /** What is told of its prompt. Only a session's own key tells that it goes on after another: behind an address there are many. */
    Prompt toldPrompt(RoutingDecision decision) {
        AffinityKey key = decision.request().key();
        return Prompt.of(
                decision.request().prompt(),
                SessionsInFlight.isSession(key) ? key.hash() : 0,
                decision.endpoint().id().hashCode(),
                averages.bytesPerToken());
    }

    /** Leading blocks of its prompt that the endpoint was predicted to hold. */
    int predictedBlocks(RoutingDecision decision) {
        return (int) Math.rint(decision.matchedTokens() * averages.bytesPerToken() / blockSizeBytes);
    }
}
