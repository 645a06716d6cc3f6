package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.prefix.PredictedContents;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.routing.AdapterSlots.Fit;
import dev.warmlane.core.routing.Dispatch.UsageReport;
import dev.warmlane.core.routing.PoolLoad.OtherClients;
import dev.warmlane.core.routing.PoolLoad.ReplicaLoad;
import dev.warmlane.core.routing.PoolLoad.UsualLoad;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a pool remembers from one request to the next, whatever its policy: which keys are bound, what each endpoint is
 * predicted to hold, its load, and what responses have taught. The pool's router writes, policies read through a {@link
 * RoutingView}. Safe for concurrent use; never blocks.
 */
public final class PoolMemory {
    private static final long BURST_NANOS = 250_000_000;

    private final Bindings bindings;
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
    private final TransferSpeed transfers = new TransferSpeed();
    private final PoolLoad load;
    private final AdapterSlots adapters = new AdapterSlots();
    private final AtomicLong dispatches = new AtomicLong();
    private volatile @Nullable CacheUse cacheUse;

    /**
     * A memory that has seen no request.
     *
     * @param bindings of this pool's keys; pools may share them
     * @param contents of this pool's endpoints
     * @param blockSizeBytes size of the blocks of those contents and of all prompts
     * @param inFlight counts what the router sends
     * @param seed for policies that draw lots
     */
    public PoolMemory(Bindings bindings, PredictedContents contents, int blockSizeBytes, InFlight inFlight, long seed) {
        this(bindings, contents, blockSizeBytes, inFlight, ReplicaLoad.NONE, seed);
    }

    /**
     * The memory of a replica that hears of others.
     *
     * @param replicas what the other replicas have in flight
     */
    public PoolMemory(
            Bindings bindings,
            PredictedContents contents,
            int blockSizeBytes,
            InFlight inFlight,
            ReplicaLoad replicas,
            long seed) {
        this(bindings, contents, blockSizeBytes, inFlight, replicas, seed, () -> 0);
    }

    /**
     * A memory for which time passes.
     *
     * @param nanoClock without one nothing is averaged over time
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
        this.contents = contents;
        this.blockSizeBytes = blockSizeBytes;
        this.inFlight = inFlight;
        this.seed = seed;
        this.replicas = replicas;
        this.nanoClock = nanoClock;
        this.usualLoad = new UsualLoad(nanoClock);
        this.speeds = new EndpointSpeeds(nanoClock);
        this.load = new PoolLoad(inFlight, replicas, otherClients, averages, usualLoad);
    }

    /** What a policy may read of it for a decision among these endpoints. */
    public RoutingView view(EndpointSnapshot snapshot) {
        return view(snapshot, List.of());
    }

    /** @param prefill endpoints that can compute the prompt for another */
    RoutingView view(EndpointSnapshot snapshot, List<Endpoint> prefill) {
        return new RoutingView(this, snapshot, prefill);
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

    /** The request is about to be sent: the next choice must see it, so that one with the same key or prompt follows. */
    void dispatched(RoutingDecision decision) {
        dispatches.incrementAndGet();
        usualLoad.look(decision.candidates());
        if (bindsKey(decision) && (decision.outcome() != Outcome.SPILLED || isIndependent(decision))) {
            bind(decision.request(), decision.endpoint().id());
        }
        if (bindsKey(decision)) {
            averages.learnTurn(decision.outcome() == Outcome.PLACED || isIndependent(decision));
        }
        if (decision.remember().prompt()) {
            contents.used(decision.request().prompt(), user(decision.request()));
            contents.insert(decision.endpoint().id(), decision.request().prompt());
        }
    }

    /** A prefill leg is about to be sent, of a request that is noted by its own decision. */
    void prefilling(RoutingDecision leg) {
        if (leg.remember().prompt()) {
            contents.insert(leg.endpoint().id(), leg.request().prompt());
        }
    }

    /**
     * Who uses a prompt. Behind an address, and where nothing tells, every request may be somebody else's; but equal prompts of one
     * moment, such as the samples of one problem, are one use: each would make the prompt look as if it always came often.
     */
    private long user(RoutingRequest request) {
        PromptBlocks prompt = request.prompt();
        if (request.key().source() == KeySource.SESSION || prompt.length() == 0) {
            return request.key().hash();
        }
        return prompt.hash(prompt.length() - 1) + nanoTime() / BURST_NANOS;
    }

    /** A request is sent for the first time. */
    void sent(RoutingDecision decision) {
        CacheUse told = cacheUse;
        if (told != null) {
            told.sent(use(decision), nanoTime());
        }
    }

    /** The endpoint answered with response headers. */
    void accepted(RoutingDecision decision) {
        if (bindsKey(decision)) {
            bindings.touch(boundKey(decision.request()));
        }
    }

    /** The endpoint did not compute the prompt: only what it held before is there, and a new binding is taken back. */
    void failed(RoutingDecision decision) {
        EndpointId endpoint = decision.endpoint().id();
        boolean isNew = decision.outcome() == Outcome.PLACED || decision.outcome() == Outcome.MOVED;
        if (bindsKey(decision) && (isNew || isIndependent(decision))) {
            bindings.release(boundKey(decision.request()), endpoint);
        }
        if (decision.remember().prompt()) {
            contents.trim(endpoint, decision.request().prompt(), predictedBlocks(decision));
        }
    }

    /**
     * The first token has come, and nothing before it.
     *
     * @param nanos after the request was sent
     */
    void firstToken(RoutingDecision decision, long nanos) {
        Candidate seen = decision.chosen();
        if (seen == null) {
            return;
        }
        if (!seen.loadsAdapter()) {
            speeds.firstToken(seen, decision.promptTokens(), nanos);
        } else if (nanos > 0 && seen.adapter() != Fit.WAITS) {
            adapters.loaded(nanos / 1e9 - speeds.expectedSeconds(seen, decision.promptTokens()));
        }
    }

    /** What its endpoint has to do before it computes the prompt, in prefill tokens: load an adapter, or nothing. */
    long loadingTokens(RoutingDecision decision) {
        Candidate seen = decision.request().needsAdapter() ? decision.chosen() : null;
        return seen != null && seen.loadsAdapter() ? (long) (adapters.loadSeconds() / speeds.secondsPerToken()) : 0;
    }

    /**
     * The first token has come of a response whose prompt another endpoint computed.
     *
     * @param nanos after the prompt was computed
     */
    void transferred(RoutingDecision decision, long nanos) {
        for (Candidate candidate : decision.candidates()) {
            if (candidate.prefill() != null && candidate.endpoint().equals(decision.endpoint())) {
                transfers.learn(candidate.uncachedTokens(), nanos / 1e9 - speeds.stepSeconds(candidate));
                return;
            }
        }
    }

    /** The response is complete: learns from its usage, and corrects what the endpoint is believed to hold. */
    void reported(RoutingDecision decision, UsageReport usage) {
        corrected(decision, usage);
        Long predictedTokens = isPredicted(decision) ? (Long) decision.matchedTokens() : null;
        told(decision, usage, predictedTokens);
        averages.learn(decision.request().prompt().bytes(), usage);
    }

    /** The same, of a response whose prompt another endpoint computed: its usage tells what was cached there. */
    void generated(RoutingDecision decision, UsageReport usage) {
        told(decision, usage, null);
        averages.learn(decision.request().prompt().bytes(), usage);
    }

    /** Usage tells what the endpoint of a decision held: corrects what it is believed to. */
    void corrected(RoutingDecision decision, UsageReport usage) {
        Long cachedTokens = usage.cachedTokens();
        if (isPredicted(decision) && cachedTokens != null && usage.promptTokens() > 0) {
            contents.correct(decision.endpoint().id(), missedBlocks(decision, usage, cachedTokens));
        }
    }

    /** A decision that weighed nothing predicted nothing. */
    private static boolean isPredicted(RoutingDecision decision) {
        return decision.request().prompt().length() > 0
                && !decision.candidates().isEmpty();
    }

    private void told(RoutingDecision decision, UsageReport usage, @Nullable Long predictedTokens) {
        CacheUse told = cacheUse;
        if (told != null) {
            told.answered(
                    use(decision),
                    predictedTokens,
                    usage.promptTokens(),
                    usage.outputTokens(),
                    usage.cachedTokens(),
                    nanoTime());
        }
    }

    /** Sizes the prediction of an endpoint by its real cache. */
    void capacity(EndpointId endpoint, long tokens) {
        double blocks = tokens * averages.bytesPerToken() / blockSizeBytes;
        contents.capacity(endpoint, Math.max(1, (long) blocks));
    }

    /** Notes how many requests the endpoint says that it has; seconds old, and perhaps not only ours. */
    void observed(EndpointId endpoint, long requests) {
        otherClients.observe(endpoint, requests, inFlight.requests(endpoint) + replicas.requests(endpoint));
        CacheUse told = cacheUse;
        if (told != null) {
            told.trafficShare(otherClients.ownShare());
        }
    }

    /** The endpoint's cache is empty; what is bound to it stays so. */
    void restarted(EndpointId endpoint) {
        contents.emptied(endpoint);
        adapters.emptied(endpoint);
    }

    /** The endpoint's cache was given this prompt. */
    void warmed(EndpointId endpoint, PromptBlocks prompt) {
        contents.insert(endpoint, prompt);
    }

    /** The endpoint left for good. */
    void retire(EndpointId endpoint) {
        inFlight.retire(endpoint);
        bindings.releaseAll(endpoint);
        otherClients.retire(endpoint);
        usualLoad.retire(endpoint);
        speeds.retire(endpoint);
        adapters.retire(endpoint);
        contents.remove(endpoint);
    }

    private static boolean bindsKey(RoutingDecision decision) {
        return decision.remember().binding()
                && decision.request().key().source().binds();
    }

    /** Whether the prompt decided though the request has a key that binds: what goes on after it is bound in any case. */
    private static boolean isIndependent(RoutingDecision decision) {
        return decision.source() == KeySource.PROMPT_PREFIX;
    }

    private void bind(RoutingRequest request, EndpointId endpoint) {
        AffinityKey key = boundKey(request);
        bindings.bind(key, endpoint);
        // The address itself keeps its first endpoint: where costs are equal, that is one to prefer.
        if (!key.equals(request.key()) && bindings.peek(request.key()) == null) {
            bindings.bind(request.key(), endpoint);
        }
    }

    /** What a request binds: its key or, where that is only a hint, what goes on after its prompt. */
    private static AffinityKey boundKey(RoutingRequest request) {
        PromptBlocks prompt = request.prompt();
        return RoutingView.isHint(request) && prompt.length() > 0
                ? request.key().after(prompt.hash(prompt.length() - 1))
                : request.key();
    }

    /** Only a session's own key tells that a prompt goes on after another: behind an address there are many. */
    private CacheUse.Use use(RoutingDecision decision) {
        AffinityKey key = decision.request().key();
        return new CacheUse.Use(
                decision.request().prompt(),
                key.source() == KeySource.SESSION ? key.hash() : 0,
                decision.endpoint().id().hashCode(),
                averages.bytesPerToken());
    }

    private int predictedBlocks(RoutingDecision decision) {
        return (int) Math.rint(decision.matchedTokens() * averages.bytesPerToken() / blockSizeBytes);
    }

    /**
     * What the endpoint held and the prediction did not know. A prompt that repeats an earlier response finds that in the cache
     * too, and a block that is cached in part counts for the endpoint alone: neither says that anything was forgotten.
     */
    private double missedBlocks(RoutingDecision decision, UsageReport usage, long cachedTokens) {
        // By the prompt's own ratio: languages differ, and the average would look like a prediction that missed.
        double blocksPerToken = (double) decision.request().prompt().bytes() / usage.promptTokens() / blockSizeBytes;
        double missed = cachedTokens * blocksPerToken - predictedBlocks(decision);
        double unknowable = averages.outputTokens() * blocksPerToken + 1;
        return missed < 0 ? missed : Math.max(0, missed - unknowable);
    }
}
